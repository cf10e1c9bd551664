#!/usr/bin/env bash
# Builds the wheels and npm packages of one platform into DIST. Publishes nothing.
#
#   packaging/build.sh DIST [TARGET] [PROFILE]
#
# TARGET: the machine's own, x86_64-unknown-linux-musl or aarch64-unknown-linux-musl. With a musl target
# the binaries are static; maturin's zig compiles their C. PROFILE: release, or dev to try the packages.
set -euo pipefail
dist=$(mkdir -p "$1" && cd "$1" && pwd)
target=${2:-} profile=${3:-release}
cd "$(dirname "$0")/.."
maturin=${MATURIN:-maturin}
command -v "$maturin" >/dev/null || { echo "maturin is missing: pip install 'maturin[zig]'"; exit 1; }
built=${CARGO_TARGET_DIR:-target}/${target:+$target/}$([ "$profile" = dev ] && echo debug || echo "$profile")

options=(--locked --profile "$profile" --out "$dist")
case $target in
  '') options+=(--compatibility linux) ;;
  *-musl) options+=(--target "$target" --zig --compatibility musllinux_1_2 manylinux2014) ;;
  *) options+=(--target "$target") ;;
esac
for wheel in pca-local vigil-pki; do
  (cd "packaging/python/$wheel" && "$maturin" build "${options[@]}")
done

case ${target:-$(uname -m)} in
  x86_64*) platform=linux-x64 cpu=x64 ;;
  aarch64*) platform=linux-arm64 cpu=arm64 ;;
  *) echo "there is no npm platform for ${target:-$(uname -m)}"; exit 1 ;;
esac
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
packages=$(mktemp -d)
trap 'rm -rf "$packages"' EXIT
mkdir "$packages/platform"
# maturin has stripped it.
install -m 755 "$built/pca-local" "$packages/platform/pca-local"
cat >"$packages/platform/package.json" <<JSON
{
  "name": "pca-local-$platform",
  "version": "$version",
  "description": "The pca-local binary for $platform.",
  "license": "Apache-2.0",
  "repository": "github:vigil-pki/vigil",
  "os": ["linux"],
  "cpu": ["$cpu"],
  "files": ["pca-local"]
}
JSON
cp LICENSE "$packages/platform/"
cp -r packaging/npm/pca-local "$packages/"
cp LICENSE "$packages/pca-local/"
sed -i "s/\"0\.1\.0\"/\"$version\"/" "$packages/pca-local/package.json"
(cd "$dist" && npm pack --silent "$packages/platform" "$packages/pca-local")
ls -l "$dist"
