#!/usr/bin/env bash
# Kills firn at every moment of every stack's life, also while it recovers, and lives random histories. Takes hours.
#
#   scripts/nightly.sh
#
# Environment: HISTORIES sets how many histories each of the five stacks lives (2000), RANDOM_STACKS how many random
# stacks (500); SEED draws others. Each failure prints one command that replays it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

build=build/test
histories=${HISTORIES:-2000}
random_stacks=${RANDOM_STACKS:-500}
seed=${SEED:-1}
of_a_batch=100

scripts/install-deps.sh test
if [[ ! -f $build/build.ninja ]]; then
  cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug "-DCMAKE_CXX_FLAGS_DEBUG=-O1 -g1" \
    -DFIRN_WARNINGS_AS_ERRORS=ON -DFIRN_BUILD_TESTS=ON -DFIRN_BUILD_BENCHMARKS=ON
fi
cmake --build "$build" --target firn_crash_points firn_histories firn_sound

is_well=true
live() { "$@" || is_well=false; }  # one that fails does not keep the others from being lived
export PYTHONDONTWRITEBYTECODE=1
FIRN_NIGHTLY=1 live tests/simulation/random_stack_test.py
live tests/simulation/seeds_test.py
live tests/simulation/histories.py --batches $(((histories + of_a_batch - 1) / of_a_batch)) \
  --count "$of_a_batch" --seed "$seed"
live tests/simulation/histories.py --random "$random_stacks" --count 20 --stack-seed "$((seed * 1000))" --shrink
live tests/simulation/sweep.py --random 20 --stack-seed "$((seed * 1000))"
live tests/simulation/weather.py --lives 200 --seed "$seed"
live tests/simulation/sweep.py --again 25 --third 50 --seed "$seed"
$is_well
