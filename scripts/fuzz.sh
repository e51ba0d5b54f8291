#!/usr/bin/env bash
# Fuzzes the parsers with libFuzzer, AddressSanitizer and UBSan. tests/fuzz/README.md says more.
#
#   scripts/fuzz.sh [TARGET...] [--seconds N | --runs N]
#
# Each target, or each of those named, runs for N seconds (60) or N inputs. What is new is kept in
# build/fuzz/corpus, what breaks a promise in build/fuzz/findings. With --runs neither time nor an
# earlier run plays a part: that is what scripts/test.sh does. Exit code 3: no clang with libFuzzer.
# Environment: JOBS sets how many targets run at once.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

build=build/fuzz
jobs=${JOBS:-$(nproc)}
limit=(-max_total_time=60)
is_short=false
targets=()
while [[ $# -gt 0 ]]; do
  case $1 in
    --seconds) limit=("-max_total_time=$2") && shift ;;
    --runs) limit=("-runs=$2") && is_short=true && shift ;;
    -*) sed -n '2,10p' "${BASH_SOURCE[0]}" >&2 && exit 2 ;;
    *) targets+=("$1") ;;
  esac
  shift
done
if [[ ${#targets[@]} -eq 0 ]]; then
  mapfile -t targets < <(cd tests/fuzz/corpus && printf '%s\n' *)
fi

can_fuzz() {
  local program
  program=$(mktemp)
  trap 'rm -f "$program"' RETURN
  echo 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }' |
    clang++ -fsanitize=fuzzer,address -x c++ - -o "$program" 2>/dev/null
}
if ! can_fuzz && ! { scripts/install-deps.sh fuzz && can_fuzz; }; then
  echo "There is no clang++ with libFuzzer. Debian's packages: clang libclang-rt-14-dev" >&2
  exit 3
fi

cmake -S . -B "$build" -G Ninja -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_BUILD_TYPE=Debug \
  "-DCMAKE_CXX_FLAGS_DEBUG=-O1 -g1" -DFIRN_WARNINGS_AS_ERRORS=ON -DFIRN_BUILD_BENCHMARKS=OFF \
  -DFIRN_FUZZ=ON -DFIRN_SANITIZE=fuzzer-no-link,address,undefined >"$build.log" 2>&1 ||
  { cat "$build.log" >&2 && exit 1; }
cmake --build "$build" --parallel "$jobs" --target "${targets[@]/#/firn_fuzz_}"

mkdir -p "$build/findings" "$build/logs"
# Targets that write files are quicker where no disk is.
[[ -w /dev/shm ]] && export TMPDIR=/dev/shm

fuzz() {
  # What is new goes into the first folder. A short run finds it empty, so that it does the same each
  # time.
  local target=$1 program=$build/tests/fuzz/firn_fuzz_$1 log=$build/logs/$1.log
  local found=$build/corpus/$target
  if [[ $is_short == true ]]; then
    found=$build/short/$target
    rm -rf "$found"
  fi
  mkdir -p "$found"
  # Bounds of time and memory are part of what is promised.
  if "$program" "${limit[@]}" -seed=1 -timeout=20 -rss_limit_mb=2048 -malloc_limit_mb=512 \
    -max_len=8192 -dict="tests/fuzz/dictionaries/$target.dict" -print_final_stats=1 \
    -artifact_prefix="$build/findings/$target-" "$found" "tests/fuzz/corpus/$target" >"$log" 2>&1; then
    printf '%-16s %9s inputs, %6s a second\n' "$target" \
      "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" \
      "$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")"
    return 0
  fi
  printf '%s broke a promise. %s ends with:\n' "$target" "$log"
  grep -vE '^(#|stat::|INFO|NEW_FUNC|MS:|0x|Base64)' "$log" | tail -n 40
  printf 'To see it again: %s FILE, one of %s\n' "$program" "$build/findings/$target-*"
  return 1
}

failed=0
running=0
for target in "${targets[@]}"; do
  if [[ $running -ge $jobs ]]; then
    wait -n || failed=1
    running=$((running - 1))
  fi
  fuzz "$target" &
  running=$((running + 1))
done
while [[ $running -gt 0 ]]; do
  wait -n || failed=1
  running=$((running - 1))
done
exit $failed
