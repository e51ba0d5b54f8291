#!/usr/bin/env bash
# Installs the Debian 12 packages that firn is built from, and only those that are missing.
#
#   scripts/install-deps.sh [build | package | test | fuzz | lint | npm | deploy] [PACKAGE...]
#
# build: to compile the program (the default); package: also to make the Debian package; test: also
# to run the tests; fuzz: also clang with libFuzzer; lint: also clang, clang-format and clang-tidy;
# npm: only npm, which has the linter of workflows; deploy: only what scripts/deploy calls. Further
# packages are named by name or by ./file.deb. Says nothing when nothing is missing.
set -euo pipefail

build_packages=(
  ca-certificates ccache cmake g++ libcli11-dev libcpp-httplib-dev libcurl4-openssl-dev
  libexpected-dev libfmt-dev libpugixml-dev libsqlite3-dev libssl-dev libyaml-cpp-dev libxxhash-dev
  libzip-dev libtoml11-dev lld ninja-build nlohmann-json3-dev pkg-config zlib1g-dev
)
package_packages=(dpkg-dev file)
deploy_packages=(ca-certificates curl jq openssl sqlite3)
test_packages=(
  libbenchmark-dev libgmock-dev libgtest-dev python3 python3-jsonschema python3-venv python3-yaml
  shellcheck
)
fuzz_packages=(clang libclang-rt-14-dev)
lint_packages=(clang clang-format clang-tidy)

case "${1:-build}" in
  build) packages=("${build_packages[@]}") ;;
  package) packages=("${build_packages[@]}" "${package_packages[@]}") ;;
  test | fuzz | lint)
    packages=("${build_packages[@]}" "${package_packages[@]}" "${deploy_packages[@]}"
      "${test_packages[@]}")
    [[ $1 != fuzz ]] || packages+=("${fuzz_packages[@]}")
    [[ $1 != lint ]] || packages+=("${lint_packages[@]}")
    ;;
  npm) packages=(nodejs npm) ;;
  deploy) packages=("${deploy_packages[@]}") ;;
  *)
    echo "usage: scripts/install-deps.sh [build | package | test | fuzz | lint | npm | deploy]" \
         "[PACKAGE...]" >&2
    exit 2
    ;;
esac
packages+=("${@:2}")

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "This is not a Debian system, so nothing was installed. Needed are the libraries behind" >&2
  echo "these Debian packages: ${packages[*]}" >&2
  exit 0
fi

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ $status == installed ]] || missing+=("$package")
done
[[ ${#missing[@]} -eq 0 ]] && exit 0

as_root=()
if [[ $EUID -ne 0 ]]; then
  if ! command -v sudo >/dev/null; then
    echo "These packages are missing: ${missing[*]}" >&2
    echo "Run as root, or install sudo:" >&2
    echo "    apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

echo "Installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { "${as_root[@]}" apt-get update &&
       "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
         apt-get install --yes --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  cat "$log" >&2
  echo "The packages above could not be installed." >&2
  exit 1
fi
