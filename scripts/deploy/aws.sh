# AWS for the scripts in this folder: a role by GitHub's token, and objects in S3. Sourced.
#
# firn finds its own way with AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN; the keys that
# assume_role gets are only for the requests below.
#
# Sources of facts: GitHub documentation, "OpenID Connect reference" (ACTIONS_ID_TOKEN_REQUEST_*);
# AWS STS API Reference, "AssumeRoleWithWebIdentity"; Amazon S3 user guide, "Add preconditions to S3
# operations with conditional requests".
# shellcheck shell=bash disable=SC2034,SC2154

# sign_in ROLE_ARN: from now on firn and the functions below work as this role. Keys that are in the
# environment already (a person's) stay as they are.
sign_in() {
  if [[ -n ${AWS_ACCESS_KEY_ID:-} && -n ${AWS_SECRET_ACCESS_KEY:-} ]]; then
    aws_key=$AWS_ACCESS_KEY_ID aws_secret=$AWS_SECRET_ACCESS_KEY aws_session=${AWS_SESSION_TOKEN:-}
    return
  fi
  export AWS_ROLE_ARN=$1 AWS_ROLE_SESSION_NAME=${GITHUB_RUN_ID:+github-$GITHUB_RUN_ID}
  : "${AWS_ROLE_SESSION_NAME:=firn-deploy}"
  export AWS_WEB_IDENTITY_TOKEN_FILE=$private/web-identity-token
  renew_token
  assume_role
}

# GitHub's token lives for some minutes only: before each run of firn there is a fresh one.
renew_token() {
  [[ ${AWS_WEB_IDENTITY_TOKEN_FILE:-} == "$private"/* ]] || return 0
  if [[ -z ${ACTIONS_ID_TOKEN_REQUEST_URL:-} || -z ${ACTIONS_ID_TOKEN_REQUEST_TOKEN:-} ]]; then
    refuse "GitHub gives this job no token for AWS" \
      "The job needs \"permissions: id-token: write\". Pull requests from forks never get one." \
      "Outside GitHub, set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN."
  fi
  local answer=$private/token.json
  printf 'header = "Authorization: Bearer %s"\n' "$ACTIONS_ID_TOKEN_REQUEST_TOKEN" |
    curl --config - --silent --show-error --fail --retry 3 --output "$answer" \
      "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=sts.amazonaws.com" ||
    refuse "GitHub did not give a token for AWS"
  (umask 077 && jq --exit-status --join-output '.value | strings' "$answer" \
    >"$AWS_WEB_IDENTITY_TOKEN_FILE") || refuse "GitHub's answer holds no token"
  rm -f -- "$answer"
}

element() {  # element NAME FILE: the text of an XML element
  tr -d '\n' <"$2" | sed -n "s|.*<$1>\([^<]*\)</$1>.*|\1|p"
}

assume_role() {
  local answer=$private/role.xml status
  status=$(curl --silent --show-error --retry 3 --output "$answer" --write-out '%{http_code}' \
    --data Action=AssumeRoleWithWebIdentity --data Version=2011-06-15 \
    --data-urlencode "RoleArn=$AWS_ROLE_ARN" \
    --data-urlencode "RoleSessionName=$AWS_ROLE_SESSION_NAME" \
    --data-urlencode "WebIdentityToken@$AWS_WEB_IDENTITY_TOKEN_FILE" \
    "${AWS_ENDPOINT_URL_STS:-https://sts.$aws_region.amazonaws.com}/") ||
    refuse "AWS STS cannot be reached"
  [[ $status == 200 ]] || refuse "AWS does not give this job the role $AWS_ROLE_ARN" \
    "$(element Code "$answer"): $(element Message "$answer")" \
    "Was the bootstrap stack applied for this repository and this environment of GitHub's?"
  aws_key=$(element AccessKeyId "$answer")
  aws_secret=$(element SecretAccessKey "$answer")
  aws_session=$(element SessionToken "$answer")
  rm -f -- "$answer"
}

# s3 METHOD KEY [CURL OPTION...]: one signed request; the answer's status in $s3_status, its ETag in
# $s3_etag, its body in $s3_body. The key's path must need no encoding. --data-binary or
# --upload-file need the body's digest in $body_digest.
s3_body=''
s3() {
  local method=$1 key=$2 headers
  shift 2
  s3_body=$private/s3.body headers=$private/s3.headers
  : >"$s3_body" && : >"$headers"
  # The secret comes by standard input, where no list of processes shows it. curl signs each header
  # that it is given, and S3 wants the digest of the body in one of them.
  s3_status=$({
    printf 'user = "%s:%s"\n' "$aws_key" "$aws_secret"
    printf 'aws-sigv4 = "aws:amz:%s:s3"\n' "$aws_region"
    [[ -z $aws_session ]] || printf 'header = "x-amz-security-token: %s"\n' "$aws_session"
    printf 'header = "x-amz-content-sha256: %s"\n' \
      "${body_digest:-e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855}"
  } | curl --config - --silent --show-error --request "$method" --output "$s3_body" \
    --dump-header "$headers" --write-out '%{http_code}' "$@" \
    "${AWS_ENDPOINT_URL_S3:-https://s3.$aws_region.amazonaws.com}/$state_bucket/$key") || s3_status=000
  s3_etag=$(tr -d '\r' <"$headers" | sed -n 's/^[Ee][Tt][Aa][Gg]: *//p' | tail -1)
}

# What S3 says of a refusal.
s3_refusal() {
  if [[ $s3_status == 000 ]]; then
    printf 'Amazon S3 cannot be reached.'
  else
    printf 'Amazon S3 answers %s %s: %s' "$s3_status" "$(element Code "$s3_body")" \
      "$(element Message "$s3_body")"
  fi
}

# s3_get KEY FILE: the object into the file; 1 when there is none.
s3_get() {
  body_digest='' s3 GET "$1"
  case $s3_status in
    200) cp -- "$s3_body" "$2" ;;
    404) return 1 ;;
    *) refuse "s3://$state_bucket/$1 cannot be read" "$(s3_refusal)" ;;
  esac
}

# s3_put KEY FILE CONDITION: "*" for "there must be none yet", else the ETag that must be there
# still. 1 when the condition does not hold.
s3_put() {
  local key=$1 file=$2 condition attempt
  if [[ $3 == "*" ]]; then condition="If-None-Match: *"; else condition="If-Match: $3"; fi
  body_digest=$(sha256sum <"$file" | cut -d' ' -f1)
  for attempt in 1 2 3 4 5; do
    s3 PUT "$key" --upload-file "$file" --header "$condition"
    case $s3_status in
      200) return ;;
      409) continue ;;  # another write was under way: only trying again tells who was first
      404 | 412)
        # A write whose answer got lost, and that was tried again, meets itself.
        local wanted=$body_digest
        body_digest='' s3 GET "$key"
        [[ $s3_status == 200 && $(sha256sum <"$s3_body" | cut -d' ' -f1) == "$wanted" ]] || return 1
        return 0
        ;;
      000 | 5??) ((attempt < 5)) || break ;;
      *) break ;;
    esac
  done
  refuse "s3://$state_bucket/$key cannot be written" "$(s3_refusal)"
}
