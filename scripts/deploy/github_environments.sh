#!/usr/bin/env bash
# Makes the two environments on GitHub that the jobs of one of ours work in: ENVIRONMENT-plan, which
# only looks, and ENVIRONMENT, which only jobs on one branch may enter, and only once a reviewer has
# approved, if there are any. The secrets are not set here. Run it again to change what it says.
#
#   scripts/deploy/github_environments.sh OWNER/NAME ENVIRONMENT BRANCH [REVIEWER...]
#
# A REVIEWER is the name of somebody's account on GitHub; who set a deployment off cannot approve it.
# Environment: GITHUB_TOKEN, of somebody who administers the repository.
set -euo pipefail
here=$(realpath -- "$(dirname "${BASH_SOURCE[0]}")")
# shellcheck source=scripts/deploy/common.sh
source "$here/common.sh"
# shellcheck source=scripts/deploy/github.sh
source "$here/github.sh"

[[ $# -ge 3 && $1 =~ ^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$ ]] ||
  refuse "which repository, environment and branch?" "$(sed -n '6p' "$here/github_environments.sh" | cut -c3-)"
GITHUB_REPOSITORY=$1 environment=$2 branch=$3
: "${GITHUB_API_URL:=https://api.github.com}"
shift 3
check_environment "$environment"
need GITHUB_TOKEN

# Everything is looked up before anything is made: an environment without its rules is open to all.
reviewers=[]
for reviewer; do
  [[ $reviewer =~ ^[A-Za-z0-9-]+$ ]] || refuse "\"$reviewer\" is not the name of an account"
  github GET "/users/$reviewer"
  reviewers=$(jq --compact-output --slurpfile user "$github_answer" \
    '. + [{ type: "User", id: $user[0].id }]' <<<"$reviewers")
done

printf '{ "deployment_branch_policy": null }' >"$private/settings.json"
github PUT "environments/$environment-plan" "$private/settings.json"
say "$environment-plan: jobs of every branch."

jq --null-input --argjson reviewers "$reviewers" '{
  reviewers: (if $reviewers == [] then null else $reviewers end),
  prevent_self_review: ($reviewers != []),
  deployment_branch_policy: { protected_branches: false, custom_branch_policies: true } }' \
  >"$private/settings.json"
github PUT "environments/$environment" "$private/settings.json"
policies=environments/$environment/deployment-branch-policies
github GET "$policies?per_page=100"
mapfile -t others < <(jq --arg branch "$branch" \
  '.branch_policies[] | select(.name != $branch) | .id' "$github_answer")
is_there=$(jq --arg branch "$branch" 'any(.branch_policies[]; .name == $branch)' "$github_answer")
if [[ $is_there != true ]]; then
  jq --null-input --arg name "$branch" '{ $name, type: "branch" }' >"$private/policy.json"
  github POST "$policies" "$private/policy.json"
fi
for other in "${others[@]}"; do
  github DELETE "$policies/$other"
done
say "$environment: jobs of $branch, $([[ $reviewers == "[]" ]] && printf 'without an approval.' ||
  printf 'once one of these has approved: %s.' "$*")"
