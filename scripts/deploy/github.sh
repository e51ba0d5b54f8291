# GitHub's REST API for the scripts in this folder. Sourced.
#
#   GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_EVENT_PATH, …   set by GitHub in every job
#   GITHUB_TOKEN                                              the step sets it from github.token
#
# Source of facts: GitHub documentation, "REST API endpoints for issue comments", "… for issues",
# "… for deployment environments", "… for deployment branch policies", "Using pagination in the REST
# API".
# shellcheck shell=bash disable=SC2034,SC2154

# github METHOD PATH [FILE]: below the repository, or from the API's root with a slash in front; the
# file is the JSON to send. The answer is in $github_answer.
github() {
  local status place options=()
  place=/repos/$GITHUB_REPOSITORY/$2
  [[ $2 != /* ]] || place=$2
  github_answer=$private/github.json
  [[ -z ${3:-} ]] || options=(--data-binary "@$3" --header "Content-Type: application/json")
  status=$(printf 'header = "Authorization: Bearer %s"\n' "$GITHUB_TOKEN" |
    curl --config - --silent --show-error --request "$1" --output "$github_answer" \
      --write-out '%{http_code}' --header "Accept: application/vnd.github+json" \
      --header "X-GitHub-Api-Version: 2022-11-28" --user-agent firn \
      "${options[@]}" "$GITHUB_API_URL$place") ||
    refuse "GitHub cannot be reached"
  [[ $status == 2?? ]] || refuse "GitHub refuses $1 $2" \
    "$status: $(jq --raw-output '.message // "no message"' "$github_answer" 2>/dev/null)" \
    "Does the token have the permission? In a job the workflow declares it."
}

# find_marked PATH MARKER: the first entry of a list that a workflow wrote and that begins with the
# marker, into $found_id, $found_number and $found_body (a file); empty when there is none.
found_id='' found_number='' found_body=''
find_marked() {
  local page separator='?' entry
  found_id='' found_number='' found_body=$private/found.md
  [[ $1 != *\?* ]] || separator='&'
  for ((page = 1; ; ++page)); do
    github GET "$1${separator}per_page=100&page=$page"
    # Only what the workflows wrote: anybody can write the marker into a comment of his own.
    entry=$(jq --compact-output --arg marker "$2" 'map(select(.user.login == "github-actions[bot]"
      and (.body // "" | startswith($marker)) and (has("pull_request") | not))) | first // empty' \
      "$github_answer")
    if [[ -n $entry ]]; then
      found_id=$(jq .id <<<"$entry")
      found_number=$(jq '.number // empty' <<<"$entry")
      jq --join-output .body <<<"$entry" >"$found_body"
      return
    fi
    (($(jq length "$github_answer") == 100)) || return 0
  done
}

# event FILTER: of what set the workflow off; nothing when it says nothing of the kind.
event() {
  [[ ! -s ${GITHUB_EVENT_PATH:-} ]] || jq --raw-output "$1 // empty" "$GITHUB_EVENT_PATH"
}

# as_body FILE OUTPUT [JQ]: { body: the file's text } and what else there is to say.
as_body() {
  jq --null-input --rawfile body "$1" "{ body: \$body } + (${3:-{\}})" >"$2"
}
