#!/usr/bin/env bash
# Carries out exactly the plans that plan.sh saved, those in build/deploy/plans, or refuses.
#
#   scripts/deploy/apply.sh [OPTION...] ENVIRONMENT
#
#   --destroy         carry out plans that remove everything; without it they are refused
#   --sandbox FILE    a rehearsal, of plans that were made with --sandbox FILE
#   --bucket NAME     the bucket of the states; the environment's own when left out
#
# Each stack's state is locked, fetched, and written back, whatever happened in between. firn plans
# again and refuses when files, state or clouds are not what they were. A failure in one stack keeps
# no other from being applied; the script then ends with 1.
#
# A plan that loses data is refused unless the message of the commit that is deployed agrees to it,
# with a line for each object: "Accept-Loss: STACK/ADDRESS".
#
# Environment: SNOWFLAKE_PRIVATE_KEY, the key of the user that deploys; AWS as for plan.sh.
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

is_destroy=false sandbox='' bucket=''
while [[ ${1:-} == --* ]]; do
  case $1 in
    --destroy) is_destroy=true ;;
    --sandbox) sandbox=${2:?} && shift ;;
    --bucket) bucket=${2:?} && shift ;;
    *) refuse "unknown option $1" "$(sed -n '4p' "$here/apply.sh" | cut -c3-)" ;;
  esac
  shift
done
environment=${1:?which environment?}
check_environment "$environment"

# A plan says where it is to be carried out. It must be what this job is for.
plans=()
for plan in "$deploy_folder"/plans/*.plan; do
  [[ -f $plan ]] || continue
  stack=$(basename "$plan" .plan)
  check_stack "$stack"
  state=''
  [[ -n $sandbox && -z $bucket ]] || state=$(state_file "$stack" "$environment" 2>/dev/null)
  jq --exit-status --arg stack "$stack" --arg environment "$environment" --arg state "$state" \
    --arg sandbox "$sandbox" --argjson destroy "$is_destroy" \
    '.stack == $stack and .environment == $environment and .state_path == $state
     and (.sandbox // "") == $sandbox and .destroy == $destroy and .refresh' "$plan" >/dev/null ||
    refuse "the plan $plan is not one for this job" \
      "It is to $([[ $is_destroy == true ]] && printf destroy || printf apply) $stack in $environment." \
      "The plan says: $(jq --compact-output '{stack, environment, destroy, sandbox, state_path}' "$plan")"
  plans+=("$stack")
done
((${#plans[@]})) || { say "There is nothing to carry out."; exit 0; }

[[ -n $sandbox && -z $bucket ]] || open_store "$environment" "$bucket" apply_role_arn
options=(--no-color)
if [[ -z $sandbox ]]; then
  snowflake_as "$environment" deploy_user deployer
  options+=(--connection firn)
fi

accepted_losses() {  # accepted_losses STACK: as options of firn's
  local line
  while IFS= read -r line; do
    [[ $line =~ ^Accept-Loss:\ +"$1"/([^[:space:]]+)[[:space:]]*$ ]] || continue
    printf '%s\n' --accept-loss "${BASH_REMATCH[1]}"
  done < <(event .head_commit.message)
}

failed=''
for stack in "${plans[@]}"; do
  [[ -z $was_interrupted ]] || break
  printf '== %s in %s\n\n' "$stack" "$environment"
  renew_token
  lock_state "$stack" "$environment"
  pull_state "$stack" "$environment"
  note_work "$stack" "$environment"
  mapfile -t losses < <(accepted_losses "$stack")
  run_firn apply "$deploy_folder/plans/$stack.plan" "${options[@]}" "${losses[@]}" || failed=yes
  printf '\n'
  if push_state "$stack" "$environment"; then
    unlock_state "$stack" "$environment"
  else
    failed=yes
  fi
  forget_work
done
[[ -z $was_interrupted ]] || refuse "interrupted" "What was begun is in the state; what was not, is in the next plan."
[[ -z $failed ]] || refuse "not everything was carried out" "What firn said stands above."
