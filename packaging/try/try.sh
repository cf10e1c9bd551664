#!/usr/bin/env bash
# Installs the packages of DIST where nothing else of the project is, and uses them as their README says.
#
#   packaging/try/try.sh DIST
set -euo pipefail
dist=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
clean=$(mktemp -d)
trap 'rm -rf "$clean"' EXIT
cd "$clean"

echo "== pip"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check "$dist"/*.whl
PATH="$clean/venv/bin:/usr/bin:/bin" vigil --version
# What a test needs beside the wheel.
venv/bin/pip install --quiet --disable-pip-version-check -r "$here/requirements.txt"
cp "$here/test_plugin.py" .
PATH="$clean/venv/bin:/usr/bin:/bin" venv/bin/pytest --quiet -p no:cacheprovider test_plugin.py
# What pip says elsewhere: refused OPTION WORDS.
refused() {
  if venv/bin/pip download --quiet --disable-pip-version-check --no-index --no-deps $1 \
    --only-binary :all: --find-links "$dist" --dest . pca-local 2>said; then
    echo "the wheel is taken with $1"; exit 1
  fi
  grep -q "$2" said || { cat said; exit 1; }
}
refused "--platform win_amd64" "No matching distribution found for pca-local"
refused "--python-version 3.8" "requires a different Python: 3.8.0 not in '>=3.9'"

echo "== npm"
mkdir project && cd project
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund "$dist"/pca-local-linux-*.tgz "$dist"/pca-local-[0-9]*.tgz \
  "@aws-sdk/client-acm-pca@$(cat "$here/sdk-version")"
cp "$here/client.test.mjs" .
node --test client.test.mjs
echo "all of them work"
