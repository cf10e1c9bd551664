#!/usr/bin/env bash
# make deploy: infra/deploy.sh STACK ARCH TAGS BUCKET [PARAMETER=VALUE…]
#
# The first time, SAM asks for the parameters and writes samconfig.toml; then it takes them from there. With
# parameters on the command line it asks nothing, as in CI.
set -euo pipefail
stack=$1 arch=$2 tags=$3 bucket=$4
shift 4
config=$PWD/samconfig.toml
command -v sam >/dev/null || { echo "the SAM CLI is missing: pip install aws-sam-cli"; exit 1; }
command -v aws >/dev/null || { echo "the AWS CLI is missing: https://aws.amazon.com/cli"; exit 1; }

guided=no
if [ $# -gt 0 ]; then
  how=(--no-confirm-changeset --parameter-overrides "$@" "Architecture=$arch")
elif grep -qs parameter_overrides "$config"; then
  if ! grep -q "Architecture=.*$arch" "$config"; then
    echo "samconfig.toml has another Architecture than $arch: correct it there, or name the other with ARCH="
    exit 1
  fi
  how=(--no-confirm-changeset)
elif [ -t 0 ]; then
  guided=yes
  how=(--guided --parameter-overrides "Architecture=$arch")
else
  echo "there is no samconfig.toml, and no terminal to ask on: make deploy PARAMETERS=\"AlertEmail=pki@example.com\""
  exit 1
fi
look_at_buckets() { [ "${PREFLIGHT:-yes}" = no ] || infra/buckets.py "$stack" "$bucket" "$@"; }
[ "${PREFLIGHT:-yes}" = no ] || infra/preflight.sh
# What the parameters are, SAM has yet to ask.
[ $guided = yes ] || look_at_buckets "$@"
# SAM refuses a file of settings that is not there, and would look for one beside the template.
[ -e "$config" ] || echo 'version = 0.1' >"$config"
if [ -n "$bucket" ]; then store=(--s3-bucket "$bucket"); else store=(--resolve-s3); fi
read -ra tags <<<"$tags"
sam deploy --template-file infra/template.yaml --stack-name "$stack" --capabilities CAPABILITY_IAM "${store[@]}" \
  --config-file "$config" --no-fail-on-empty-changeset --tags "${tags[@]}" "${how[@]}" || {
  # CloudFormation says that a bucket is there, and not what to change.
  look_at_buckets "$@"
  exit 1
}
aws cloudformation update-termination-protection --enable-termination-protection --stack-name "$stack"
