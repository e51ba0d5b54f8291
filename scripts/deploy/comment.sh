#!/usr/bin/env bash
# Shows the plan that plan.sh made on the pull request: in one comment for each environment, which
# every later plan rewrites.
#
#   scripts/deploy/comment.sh ENVIRONMENT
#
# Environment: GITHUB_TOKEN (permissions: pull-requests: write) and what GitHub sets in every job.
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
report=$deploy_folder/report.md
[[ -f $report ]] || exit 0  # a fork's pull request, which plan.sh has left out
need GITHUB_TOKEN GITHUB_API_URL GITHUB_REPOSITORY GITHUB_EVENT_PATH
number=$(event .pull_request.number)
[[ -n $number ]] || refuse "there is no pull request to comment on"

find_marked "issues/$number/comments" "<!-- firn: plan for $environment -->"
as_body "$report" "$private/comment.json"
if [[ -n $found_id ]]; then
  github PATCH "issues/comments/$found_id" "$private/comment.json"
  say "The comment on #$number is up to date."
elif has_news; then
  github POST "issues/$number/comments" "$private/comment.json"
  say "Commented on #$number."
else
  say "Nothing to do, and nothing said before: no comment on #$number."
fi
