#!/usr/bin/env bash
# Installs the Debian 12 packages that firn is built from, and only those that are missing.
#
#   scripts/install-deps.sh [build | test | lint]
#
# build: to compile the program (the default); test: also to run the tests and make the package;
# lint: also clang, clang-format and clang-tidy. Says nothing when nothing is missing.
set -euo pipefail

build_packages=(
  ca-certificates ccache cmake g++ libcli11-dev libcpp-httplib-dev libcurl4-openssl-dev
  libexpected-dev libfmt-dev libpugixml-dev libsqlite3-dev libssl-dev libyaml-cpp-dev libzip-dev
  libtoml11-dev lld ninja-build nlohmann-json3-dev pkg-config zlib1g-dev
)
test_packages=(
  dpkg-dev file libbenchmark-dev libgmock-dev libgtest-dev python3 python3-venv
)
lint_packages=(clang clang-format clang-tidy)

packages=("${build_packages[@]}")
case "${1:-build}" in
  build) ;;
  test) packages+=("${test_packages[@]}") ;;
  lint) packages+=("${test_packages[@]}" "${lint_packages[@]}") ;;
  *)
    echo "usage: scripts/install-deps.sh [build | test | lint]" >&2
    exit 2
    ;;
esac

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
