#!/usr/bin/env bash
# Writes docs/reference anew from the schema tables, and docs/checks.md from the checks, as
# `firn explain --markdown` prints them.
#
#   scripts/reference.sh           write the pages
#   scripts/reference.sh --check   only say which pages are stale (exit code 1)
#
# Environment: FIRN is the program to ask; build/release/firn or build/test/firn otherwise.
set -euo pipefail
firn=$(realpath -- "${FIRN:-/dev/null}")
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ $firn == /dev/null ]]; then
  for candidate in build/release/firn build/test/firn; do
    [[ -x $candidate && ($firn == /dev/null || $candidate -nt $firn) ]] && firn=$candidate
  done
fi
if [[ ! -x $firn ]]; then
  echo "There is no firn to ask. Build it (scripts/quickstart.sh), or say FIRN=path." >&2
  exit 1
fi

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
mapfile -t types < <("$firn" explain | awk '/^[a-z]+\.[a-z0-9_]+ / { print $1 }')
"$firn" explain --markdown >"$fresh/README.md"
"$firn" explain --markdown functions >"$fresh/functions.md"
for type in "${types[@]}"; do
  "$firn" explain --markdown "$type" >"$fresh/$type.md"
done

checks=$("$firn" explain --markdown checks)
if [[ ${1:-} == --check ]]; then
  diff --recursive --brief docs/reference "$fresh" &&
    diff --brief docs/checks.md <(echo "$checks") && exit 0
  echo "The reference pages are stale: run scripts/reference.sh and commit what it writes." >&2
  exit 1
fi
rm -rf docs/reference
mkdir -p docs
cp -r "$fresh" docs/reference
chmod 755 docs/reference
echo "$checks" >docs/checks.md
echo "docs/reference: ${#types[@]} types and the functions."
