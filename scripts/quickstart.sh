#!/usr/bin/env bash
# Installs what is missing, builds firn, and tells the story of the finance stack on the built-in
# sandbox: no cloud account, no network, nothing left behind but build/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/install-deps.sh build

firn=build/release/firn
if [[ ! -f build/release/build.ninja ]]; then
  echo "Configuring build/release"
  cmake --preset release -DFIRN_BUILD_TESTS=OFF -DFIRN_BUILD_BENCHMARKS=OFF >/dev/null
fi
echo "Building $firn (the first time takes some minutes)"
cmake --build build/release --target firn

# A world of its own, new each time: it neither sees nor touches a state of yours.
world=build/quickstart
rm -rf "$world"
mkdir -p "$world"
options=(finance --env local --sandbox "$world/clouds.db" --state "$world/finance.db")

step() {  # step WHAT COMMAND...
  printf '\n\n== %s\n   $ firn' "$1"
  printf ' %s' "${@:2}"
  printf '\n\n'
  "$firn" "${@:2}"
}

step "Check the files of the stack, without any cloud" \
  validate finance --env local
step "What would be made, with the names it will have" \
  plan "${options[@]}" --out "$world/reviewed.plan"
step "Make exactly that, in both clouds, in one pass" \
  apply "$world/reviewed.plan"
step "Plan again: nothing is left to do (exit code 0 says so)" \
  plan "${options[@]}" --detailed-exitcode
step "What is there now" \
  state list "${options[@]}"
step "Remove everything again" \
  destroy "${options[@]}" --yes

printf '\n\nThat was the whole life of a stack. Try it yourself:\n'
printf '    %s plan finance --env local\n' "$firn"
