# Where the states lie between runs: one object for each stack in each environment, in the bucket of
# the bootstrap stack, with a lock beside it. Sourced, after aws.sh.
#
#   STACK.ENVIRONMENT.state.db       the state, an SQLite file; the bucket keeps its history
#   STACK.ENVIRONMENT.lock           who works on it, while somebody does
#   lost/STACK.ENVIRONMENT.*         a state that could not be written back
#
# Every write names the version that it replaces (If-Match) or says that there is none
# (If-None-Match), and S3 refuses the second one of two. docs/deployment.md says what that gives and
# what it does not. Without $state_bucket (a rehearsal) all of this does nothing.
# shellcheck shell=bash disable=SC2034,SC2154

state_bucket=''
declare -A state_etags=() state_digests=() lock_etags=()

# open_store ENVIRONMENT BUCKET ROLE: as the role whose ARN bootstrap_output has as ROLE. Without a
# BUCKET it is the environment's.
open_store() {
  aws_region=$(bootstrap_output "$1" region)
  state_bucket=${2:-$(bootstrap_output "$1" state_bucket)}
  sign_in "$(bootstrap_output "$1" "$3")"
}

state_file() { printf '%s/%s.%s.state.db' "$state_folder" "$1" "$2"; }

# Of what the state says: the lease in it changes with each run that only looks. One of format 1 has no
# checksum of its own.
digest() {
  sqlite3 -batch -noheader "$1" "SELECT value FROM meta WHERE key = 'checksum'" 2>/dev/null | grep . ||
    sha256sum <"$1" | cut -d' ' -f1
}

# A copy that an earlier run left is not taken for the state.
pull_state() {  # pull_state STACK ENVIRONMENT
  [[ -n $state_bucket ]] || return 0
  local file
  file=$(state_file "$1" "$2")
  mkdir -p -- "$state_folder"
  rm -f -- "$file" "$file"-*
  state_etags[$1]="*" state_digests[$1]=
  if s3_get "$1.$2.state.db" "$file"; then
    state_etags[$1]=$s3_etag
    state_digests[$1]=$(digest "$file")
  fi
}

# push_state STACK ENVIRONMENT: 1 when somebody else has written it since pull_state. It is put aside
# then, since it is the only one that knows what this run did.
push_state() {
  [[ -n $state_bucket ]] || return 0
  local file key=$1.$2.state.db aside check
  file=$(state_file "$1" "$2")
  [[ -f $file ]] || return 0
  # What a run that was killed left in the write-ahead log belongs to the state.
  check=$(sqlite3 -batch -noheader "$file" \
    'PRAGMA wal_checkpoint(TRUNCATE); PRAGMA integrity_check;' 2>&1) || true
  if [[ $(tail -n +2 <<<"$check") != ok ]]; then
    keep_aside "$file"
    refuse "the state of $1 in $2 is damaged, and was not written back" "$check"
  fi
  [[ $(digest "$file") != "${state_digests[$1]}" ]] || return 0
  if s3_put "$key" "$file" "${state_etags[$1]}"; then
    state_etags[$1]=$s3_etag
    state_digests[$1]=$(digest "$file")
    return
  fi
  keep_aside "$file"
  aside=lost/$1.$2.$(date -u +%Y%m%dT%H%M%SZ).$RANDOM$RANDOM.state.db
  say "error: somebody else wrote the state of $1 in $2 while this run worked on it"
  say "  The bucket has another version than the one that this run began with."
  if (s3_put "$aside" "$file" "*"); then
    say "  This run's state is s3://$state_bucket/$aside; the lock stays, so that nobody goes on."
  else
    say "  This run's state could not be put aside either: it is in $deploy_folder/rescue."
  fi
  say "  docs/deployment.md, \"When a state could not be written back\", says what to do."
  return 1
}

# For the artefacts of the run.
keep_aside() {  # keep_aside FILE
  mkdir -p -- "$deploy_folder/rescue"
  cp -r -- "$1"* "$deploy_folder/rescue/"
}

who_am_i() {
  if [[ -n ${GITHUB_RUN_ID:-} ]]; then
    printf '%s, %s/%s/actions/runs/%s' "${GITHUB_ACTOR:-somebody}" \
      "${GITHUB_SERVER_URL:-https://github.com}" "${GITHUB_REPOSITORY:-}" "$GITHUB_RUN_ID"
  else
    printf '%s@%s' "$(id -un)" "$(uname -n)"
  fi
}

lock_state() {  # lock_state STACK ENVIRONMENT
  [[ -n $state_bucket ]] || return 0
  local lock=$private/$1.$2.lock
  jq --null-input --arg who "$(who_am_i)" --arg since "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
    --arg nonce "$(basename "$private")$RANDOM$RANDOM" '{$who, $since, $nonce}' >"$lock"
  if ! s3_put "$1.$2.lock" "$lock" "*"; then
    refuse "somebody else works on $1 in $2" "$(show_lock)" \
      "Wait, and run this again. If that run is dead: scripts/deploy/state.sh unlock $2 $1"
  fi
  lock_etags[$1]=$s3_etag
}

# Of the lock that s3 has just read.
show_lock() {
  jq --raw-output '"\(.who), since \(.since)"' "$s3_body" 2>/dev/null ||
    printf 'Its lock cannot be read.'
}

# What a run is at, for finish.sh: it may be killed before it can write the state back.
work_note=$deploy_folder/at-work
note_work() {  # note_work STACK ENVIRONMENT, once it is locked and fetched
  [[ -n $state_bucket ]] || return 0
  jq --null-input --argjson process $$ --arg stack "$1" --arg environment "$2" \
    --arg bucket "$state_bucket" --arg etag "${state_etags[$1]}" --arg digest "${state_digests[$1]}" \
    --arg lock "${lock_etags[$1]}" --arg private "$private" \
    '{$process, $stack, $environment, $bucket, $etag, $digest, $lock, $private}' >"$work_note"
}
forget_work() { rm -f -- "$work_note" "$work_note.firn"; }

unlock_state() {  # unlock_state STACK ENVIRONMENT: only a lock of our own
  [[ -n $state_bucket ]] || return 0
  body_digest='' s3 DELETE "$1.$2.lock" --header "If-Match: ${lock_etags[$1]}"
  case $s3_status in
    200 | 204 | 404) ;;
    *) say "warning: the lock of $1 in $2 is still there: $(s3_refusal)" ;;
  esac
}
