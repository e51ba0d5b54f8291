#!/usr/bin/env bash
# Tells of what plan.sh found in the night: opens an issue when an environment is not as its stacks
# say, rewrites it while that lasts, and closes it when it is over. One issue for each environment.
#
#   scripts/deploy/drift.sh ENVIRONMENT
#
# Environment: GITHUB_TOKEN (permissions: issues: write) and what GitHub sets in every job.
set -euo pipefail
here=$(realpath -- "$(dirname "${BASH_SOURCE[0]}")")
# shellcheck source=scripts/deploy/common.sh
source "$here/common.sh"
# shellcheck source=scripts/deploy/github.sh
source "$here/github.sh"
# shellcheck source=scripts/deploy/report.sh
source "$here/report.sh"

environment=${1:?which environment?}
check_environment "$environment"
need GITHUB_TOKEN GITHUB_API_URL GITHUB_REPOSITORY
[[ -s $deploy_folder/results ]] || refuse "nothing was planned, so nothing can be said"

marker="<!-- firn: drift in $environment -->"
title="$environment is not as its stacks say"
write_report "$private/issue.md" "$marker" "What \`firn plan\` finds in $environment"
find_marked "issues?state=open" "$marker"
if has_news; then
  as_body "$private/issue.md" "$private/issue.json" "{ title: \"$title\" }"
  if [[ -z $found_number ]]; then
    github POST issues "$private/issue.json"
    say "Opened #$(jq .number "$github_answer")."
  else
    github PATCH "issues/$found_number" "$private/issue.json"
    say "Brought #$found_number up to date."
  fi
elif [[ -n $found_number ]]; then
  printf '%s\n%s is as its stacks say again.\n' "$marker" "$environment" >"$private/issue.md"
  as_body "$private/issue.md" "$private/issue.json" '{ state: "closed", state_reason: "completed" }'
  github PATCH "issues/$found_number" "$private/issue.json"
  say "Closed #$found_number."
else
  say "$environment is as its stacks say."
fi
