#!/usr/bin/env bash
# make reproduce: builds one function twice, from copies of this checkout in two folders, with two names of
# cargo's home, and compares the zips: infra/reproduce.sh ARCH FUNCTION
set -euo pipefail
arch=$1 function=$2
base=$(mktemp -d)
trap 'rm -rf "$base"' EXIT
home=$(realpath "${CARGO_HOME:-$HOME/.cargo}")
for copy in one deeper/two; do
  mkdir -p "$base/$copy"
  git ls-files -z | tar --create --null --files-from - | tar --extract --directory "$base/$copy"
  ln -s "$home" "$base/$copy/.cargo-home"
  CARGO_HOME=$base/$copy/.cargo-home CARGO_TARGET_DIR=$base/$copy/target \
    make --no-print-directory -C "$base/$copy" build "ARCH=$arch" "FUNCTIONS=$function"
done
zip=target/lambda/$function/bootstrap.zip
if strings -n 8 "$base/one/${zip%.zip}" | grep --fixed-strings --max-count 5 -e "$base" -e "$HOME"; then
  echo "the binary names the folders that it was built in"
  exit 1
fi
cmp "$base/one/$zip" "$base/deeper/two/$zip"
sha256sum "$base/one/$zip" | sed "s|$base/one/||"
echo "both builds have the same bytes"
