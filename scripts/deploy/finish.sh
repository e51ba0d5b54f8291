#!/usr/bin/env bash
# After apply.sh, however that ended: when the job was cancelled, or its time was over, apply.sh may be
# still at work, or have been killed. Lets it end, or writes the state back in its place.
#
#   scripts/deploy/finish.sh ENVIRONMENT
#
# GitHub gives a cancelled job five minutes (documentation, "Workflow cancellation reference"), so this
# takes four at most. What runs in a container is not told of the cancellation at all.
#
# Environment: AWS as for plan.sh.
set -euo pipefail
here=$(realpath -- "$(dirname "${BASH_SOURCE[0]}")")
# shellcheck source=scripts/deploy/common.sh
source "$here/common.sh"
# shellcheck source=scripts/deploy/aws.sh
source "$here/aws.sh"
# shellcheck source=scripts/deploy/store.sh
source "$here/store.sh"

environment=${1:?which environment?}
check_environment "$environment"

is_at_work() {  # is_at_work PROCESS PROGRAM: the process runs it still, and is no other of that number
  [[ -n $1 && -r /proc/$1/cmdline ]] || return 1
  [[ $(tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null) == *"$2"* ]]
}

# let_end PROCESS PROGRAM SECONDS: asks once, and waits; 1 when it is at work still.
let_end() {
  local waited
  is_at_work "$1" "$2" || return 0
  kill -TERM "$1" 2>/dev/null || return 0
  for ((waited = 0; waited < $3 * 5; ++waited)); do
    is_at_work "$1" "$2" || return 0
    sleep 0.2
  done
  return 1
}

said() { jq --raw-output ".$1" "$work_note"; }

[[ -f $work_note ]] || { say "Nothing was broken off."; exit 0; }
process=$(said process)
if is_at_work "$process" apply.sh; then
  say "apply.sh is at work still. It ends what it has begun, and writes the state back."
  let_end "$process" apply.sh 150 || kill -KILL "$process" 2>/dev/null || true
  [[ -f $work_note ]] || { say "It has."; exit 0; }
fi

stack=$(said stack)
[[ $(said environment) == "$environment" ]] || refuse "what was broken off is not of $environment"
say "apply.sh was killed while it worked on $stack. Its state is written back."
let_end "$(cat -- "$work_note.firn" 2>/dev/null)" "$firn" 60 || true
abandoned=$(said private)
[[ $abandoned != */firn-?????????? ]] || rm -rf -- "$abandoned"

open_store "$environment" "$(said bucket)" apply_role_arn
state_etags[$stack]=$(said etag) state_digests[$stack]=$(said digest) lock_etags[$stack]=$(said lock)
push_state "$stack" "$environment" || exit 1
unlock_state "$stack" "$environment"
forget_work
say "Done. What was begun is in the state; what was not, is in the next plan."
