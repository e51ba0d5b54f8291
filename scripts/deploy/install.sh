#!/usr/bin/env bash
# Installs the package that build.sh made, and what the other scripts in this folder call.
#
#   scripts/deploy/install.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
scripts/install-deps.sh deploy ./build/deploy/firn.deb
firn version
