#!/usr/bin/env bash
# Whether somebody means it: what he typed must be ENVIRONMENT/STACK.
#
#   scripts/deploy/confirm.sh ENVIRONMENT STACK TYPED
set -euo pipefail
here=$(realpath -- "$(dirname "${BASH_SOURCE[0]}")")
# shellcheck source=scripts/deploy/common.sh
source "$here/common.sh"

check_environment "${1:?which environment?}"
check_stack "${2:?which stack?}"
[[ ${3:-} == "$1/$2" ]] || refuse "what was typed is not the name" \
  "To destroy $2 in $1, type $1/$2."
