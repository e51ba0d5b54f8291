#!/usr/bin/env bash
# The states in the bucket, by hand: for the first one, and when a run has died.
#
#   scripts/deploy/state.sh [--bucket NAME] pull ENVIRONMENT STACK FILE     fetch a state
#   scripts/deploy/state.sh [--bucket NAME] push ENVIRONMENT STACK FILE     store one where there is none
#   scripts/deploy/state.sh [--bucket NAME] replace ENVIRONMENT STACK FILE  store one over another
#   scripts/deploy/state.sh [--bucket NAME] unlock ENVIRONMENT STACK        remove the lock of a dead run
#
# `replace` and `unlock` say first what goes, and want ENVIRONMENT/STACK typed.
# Environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN.
set -euo pipefail
here=$(realpath -- "$(dirname "${BASH_SOURCE[0]}")")
from=$PWD
# shellcheck source=scripts/deploy/common.sh
source "$here/common.sh"
# shellcheck source=scripts/deploy/aws.sh
source "$here/aws.sh"
# shellcheck source=scripts/deploy/store.sh
source "$here/store.sh"

bucket=''
if [[ ${1:-} == --bucket ]]; then
  bucket=${2:?}
  shift 2
fi
action=${1:-} environment=${2:-} stack=${3:-} file=${4:-}
[[ $action =~ ^(pull|push|replace|unlock)$ && -n $stack && ($action == unlock || -n $file) ]] ||
  refuse "what is to be done?" "$(sed -n '4,7p' "$here/state.sh" | cut -c3-)"
check_environment "$environment"
# What the workflows stand on is applied by hand, bootstrap-snowflake with a state for each account.
if [[ $stack == bootstrap* ]]; then check_name "a stack" "$stack"; else check_stack "$stack"; fi
[[ -z $file || $file == /* ]] || file=$from/$file
need AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
open_store "$environment" "$bucket" apply_role_arn
key=$stack.$environment.state.db

confirm() {
  local typed
  say "$1"
  printf 'Type %s/%s to go on: ' "$environment" "$stack" >&2
  read -r typed || typed=''
  [[ $typed == "$environment/$stack" ]] || refuse "nothing was changed"
}

case $action in
  pull)
    [[ ! -e $file ]] || refuse "$file exists already"
    s3_get "$key" "$file" || refuse "there is no state of $stack in $environment"
    ;;
  push)
    [[ -f $file && ! -s $file-wal ]] || refuse "$file is not a state that is at rest"
    s3_put "$key" "$file" "*" || refuse "there is a state of $stack in $environment already" \
      "To put yours in its place: replace"
    ;;
  replace)
    [[ -f $file && ! -s $file-wal ]] || refuse "$file is not a state that is at rest"
    lock_state "$stack" "$environment"
    # shellcheck disable=SC2016  # expanded at the end
    at_end 'unlock_state "$stack" "$environment"'
    s3_get "$key" "$private/old.db" || refuse "there is no state of $stack in $environment" "push stores the first one"
    etag=$s3_etag
    confirm "The state in the bucket, of $(wc -c <"$private/old.db") bytes, goes. The bucket keeps it as an earlier version."
    s3_put "$key" "$file" "$etag" || refuse "the state was written meanwhile, and was left alone"
    ;;
  unlock)
    s3_get "$stack.$environment.lock" "$private/lock" || refuse "$stack in $environment is not locked"
    etag=$s3_etag
    confirm "It is locked by $(show_lock). If that run is alive, two would write one state."
    body_digest='' s3 DELETE "$stack.$environment.lock" --header "If-Match: $etag"
    [[ $s3_status == 2?? ]] || refuse "the lock is another one by now" "$(s3_refusal)"
    ;;
esac
say "Done."
