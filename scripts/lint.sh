#!/usr/bin/env bash
# Layout and static analysis of every source file: clang-format, then clang-tidy (.clang-tidy).
#
#   scripts/lint.sh [FILE...]     only these files
#   scripts/lint.sh --fix         also lays the files out anew
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/install-deps.sh lint

folders=(core providers road sandbox cli tests bench)
format=(clang-format --dry-run --Werror)
if [[ ${1:-} == --fix ]]; then
  format=(clang-format -i)
  shift
fi
if [[ $# -gt 0 ]]; then
  files=("$@")
else
  mapfile -t files < <(find "${folders[@]}" -name '*.h' -o -name '*.cpp' | sort)
fi
"${format[@]}" "${files[@]}"

sources=()
for file in "${files[@]}"; do
  [[ $file == *.cpp ]] && sources+=("$file")
done
[[ ${#sources[@]} -eq 0 ]] && exit 0

build=build/lint
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_COMPILER=clang++ >/dev/null
printf '%s\0' "${sources[@]}" |
  xargs --null --max-args=4 --max-procs="${JOBS:-$(nproc)}" clang-tidy --quiet -p "$build"
