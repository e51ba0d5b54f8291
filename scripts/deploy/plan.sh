#!/usr/bin/env bash
# Plans stacks for an environment, as somebody who may only look. Saves each plan with something to
# do as build/deploy/plans/STACK.plan, and writes a report.
#
#   scripts/deploy/plan.sh [OPTION...] ENVIRONMENT [STACK...]
#
#   --destroy         plan to remove everything in the stacks that are named
#   --sandbox FILE    a rehearsal: firn's sandbox in place of the clouds, with a state beside it
#   --bucket NAME     the bucket of the states; the environment's own when left out
#
# Without a STACK, all of stacks/ but bootstrap. Ends with 0 also when there is something to do, with
# 1 when a plan failed. On GitHub the output `changes` names the stacks with something to do.
#
# Environment: SNOWFLAKE_PRIVATE_KEY, the key of the user that plans; for AWS either GitHub's token
# service (permissions: id-token: write) or AWS_ACCESS_KEY_ID and so on. More in common.sh.
set -euo pipefail
here=$(realpath -- "$(dirname "${BASH_SOURCE[0]}")")
# shellcheck source=scripts/deploy/common.sh
source "$here/common.sh"
# shellcheck source=scripts/deploy/aws.sh
source "$here/aws.sh"
# shellcheck source=scripts/deploy/snowflake.sh
source "$here/snowflake.sh"
# shellcheck source=scripts/deploy/store.sh
source "$here/store.sh"
# shellcheck source=scripts/deploy/github.sh
source "$here/github.sh"
# shellcheck source=scripts/deploy/report.sh
source "$here/report.sh"

is_destroy='' sandbox='' bucket=''
while [[ ${1:-} == --* ]]; do
  case $1 in
    --destroy) is_destroy=yes ;;
    --sandbox) sandbox=${2:?} && shift ;;
    --bucket) bucket=${2:?} && shift ;;
    *) refuse "unknown option $1" "$(sed -n '5p' "$here/plan.sh" | cut -c3-)" ;;
  esac
  shift
done
environment=${1:?which environment?}
shift
check_environment "$environment"
stacks=("$@")
((${#stacks[@]})) || mapfile -t stacks < <(deployed_stacks)
for stack in "${stacks[@]}"; do
  check_stack "$stack"
done
[[ -z $is_destroy || $# -gt 0 ]] || refuse "--destroy needs the name of a stack"

rm -rf -- "$deploy_folder/plans" "$deploy_folder/said" "$deploy_folder/results" \
  "$deploy_folder/report.md"
mkdir -p -- "$deploy_folder/plans" "$deploy_folder/said"

# GitHub gives the jobs of a fork neither secrets nor tokens, so that nobody's code meets them.
fork=$(event 'select(.pull_request != null
  and .pull_request.head.repo.full_name != .repository.full_name)
  | .pull_request.head.repo.full_name // "a repository that is gone"')
if [[ -n $fork ]]; then
  say "This pull request comes from $fork: it is not planned."
  say "Somebody who may push here can take its commits into a branch of this repository."
  exit 0
fi

[[ -n $sandbox && -z $bucket ]] || open_store "$environment" "$bucket" plan_role_arn
if [[ -n $sandbox ]]; then
  options=(--sandbox "$sandbox")
else
  snowflake_as "$environment" plan_user planner
  options=(--connection firn)
fi
[[ -z $is_destroy ]] || options+=(--destroy)

changes=()
failed=''
for stack in "${stacks[@]}"; do
  renew_token
  pull_state "$stack" "$environment"
  where=()
  [[ -z $state_bucket ]] || where=(--state "$(state_file "$stack" "$environment")")
  code=0
  run_firn plan "$stack" --env "$environment" "${options[@]}" "${where[@]}" --detailed-exitcode \
    --no-color --out "$deploy_folder/plans/$stack.plan" >"$deploy_folder/said/$stack.txt" 2>&1 ||
    code=$?
  [[ -z $was_interrupted ]] || refuse "interrupted"
  # Where it lies here is of no use to those who read.
  sed -i '/^Saved\. To carry out exactly this:$/,$d' "$deploy_folder/said/$stack.txt"
  case $code in
    0) rm -f -- "$deploy_folder/plans/$stack.plan" ;;
    2) changes+=("$stack") ;;
    *)
      rm -f -- "$deploy_folder/plans/$stack.plan"
      code=1 failed=yes
      ;;
  esac
  printf '%s\t%s\n' "$stack" "$code" >>"$deploy_folder/results"
  printf '== %s in %s\n\n' "$stack" "$environment"
  cat -- "$deploy_folder/said/$stack.txt"
  printf '\n'
done

heading="Plan for $environment"
[[ -z $is_destroy ]] || heading="Plan to destroy in $environment"
write_report "$deploy_folder/report.md" "<!-- firn: plan for $environment -->" "$heading"
summarize "$deploy_folder/report.md"
[[ -z ${GITHUB_OUTPUT:-} ]] || printf 'changes=%s\n' "${changes[*]}" >>"$GITHUB_OUTPUT"
[[ -z $failed ]]
