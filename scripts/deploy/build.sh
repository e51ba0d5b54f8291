#!/usr/bin/env bash
# Builds firn for the workflows: a Debian package, build/deploy/firn.deb.
#
#   scripts/deploy/build.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

scripts/install-deps.sh package
cmake --preset release -DFIRN_BUILD_TESTS=OFF -DFIRN_BUILD_BENCHMARKS=OFF >/dev/null
cmake --build build/release
made=build/release/package
rm -rf "$made"
cpack --config build/release/CPackConfig.cmake -G DEB -B "$made" >/dev/null
mkdir -p build/deploy
mv "$made"/*.deb build/deploy/firn.deb
