#!/usr/bin/env bash
# Runs one conformance test with a Python that has moto and boto3, which judge what firn did.
#
#   run.sh PROGRAM TEST.py [arguments for unittest]
#
# Without such a Python the test is skipped (exit code 77), and with CI=true it fails: a conformance
# test that silently did not run proves nothing.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=$1
test=$2
shift 2

# moto_server is an installed script, a link to one, or a wrapper (of pyenv, or of scripts/test.sh);
# so the Python that runs it is the one it names, or the one beside it, or the usual one.
candidates() {
  [[ -n ${FIRN_MOTO_PYTHON:-} ]] && echo "$FIRN_MOTO_PYTHON"
  local server first
  while IFS= read -r server; do
    IFS= read -r first <"$server" || true
    [[ $first == '#!'*python* ]] && echo "${first#'#!'}"
    echo "$(dirname "$server")/python"
    echo "$(dirname "$server")/python3"
  done < <(type -aP moto_server; ls "$here/../../build/moto/bin/moto_server" 2>/dev/null)
  echo python3
}

while IFS= read -r python; do
  if $python -c 'import boto3, botocore, moto.server, yaml' >/dev/null 2>&1; then
    PYTHONDONTWRITEBYTECODE=1 FIRN_PROGRAM=$program exec $python "$here/$test" "$@"
  fi
done < <(candidates)

cat >&2 <<END

*** No Python with moto[server] and boto3 was found: $test DID NOT RUN.
*** Nothing was checked against an AWS that is not firn's own. To run it:
***     pip install 'moto[server]'      (or let scripts/test.sh do it)

END
[[ ${CI:-false} == true ]] && exit 1
exit 77
