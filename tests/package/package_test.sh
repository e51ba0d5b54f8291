#!/usr/bin/env bash
# Makes the .deb, unpacks it into an empty folder, and plans the example from there.
#
#   package_test.sh BUILD_FOLDER CPACK VERSION
set -euo pipefail
build=$1 cpack=$2 version=$3

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
fail() {
  echo "FAILED: $*" >&2
  exit 1
}

"$cpack" --config "$build/CPackConfig.cmake" -G DEB -B "$place/made" >"$place/cpack.log" 2>&1 ||
  { cat "$place/cpack.log" >&2; fail "cpack"; }
packages=("$place"/made/*.deb)
[[ ${#packages[@]} -eq 1 ]] || fail "expected one package, found: ${packages[*]}"

depends=$(dpkg-deb --field "${packages[0]}" Depends)
for library in libc6 libcurl4 libsqlite3-0 libssl3; do
  [[ $depends == *"$library"* ]] || fail "the package does not depend on $library: $depends"
done
[[ $(dpkg-deb --field "${packages[0]}" Version) == "$version"* ]] || fail "version of the package"

dpkg-deb -x "${packages[0]}" "$place/root"
firn=$place/root/usr/bin/firn
said=$("$firn" --version)
[[ $said == *"$version"* ]] || fail "firn --version says: $said"

for file in share/bash-completion/completions/firn share/zsh/vendor-completions/_firn \
  share/fish/vendor_completions.d/firn.fish share/doc/firn/LICENSE share/doc/firn/README.md; do
  [[ -s $place/root/usr/$file ]] || fail "$file is missing or empty"
done

# Nothing of the source tree may be needed: HOME and the current folder lie in the unpacked one.
export HOME=$place/home NO_COLOR=1
mkdir "$HOME"
cd "$place/root/usr/share/firn"
plan=$("$firn" plan finance --env local --sandbox "$place/clouds.db" --state "$place/state.db") ||
  fail "plan of the example: $plan"
for name in FDLDevSnowpipeRole fdl-dev-snowpipe-coinlore FDL_DEV_S3_INTEGRATION; do
  [[ $plan == *"$name"* ]] || fail "the plan does not name $name: $plan"
done
echo "planned from $(basename "${packages[0]}")"
