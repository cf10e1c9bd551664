#!/usr/bin/env bash
# Refuses a deployment that would see no deletion: infra/preflight.sh, with AWS's own variables.
#
# What the caller may not ask is passed over: `make verify` asks again after the deployment.
set -euo pipefail
region=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}}
[ -n "$region" ] || { echo "no Region is set: AWS_REGION=eu-west-1 make deploy"; exit 1; }

said=$(aws acm-pca list-certificate-authorities --region "$region" --max-items 1 2>&1) || case $said in
*"Could not connect to the endpoint URL"*)
  echo "ACM PCA does not answer in $region: deploy Vigil where your CAs are, AWS_REGION=… make deploy"
  exit 1
  ;;
*"Unable to locate credentials"* | *ExpiredToken* | *UnrecognizedClient*)
  echo "$said"
  exit 1
  ;;
esac

# Trails of other Regions and of the organisation that cover this one are in the list, too.
trails=$(aws cloudtrail describe-trails --region "$region" --query 'length(trailList)' --output text 2>&1) || trails=unknown
if [ "$trails" = 0 ]; then
  echo "no trail covers $region, so deletions would be found by the sweep only: aws cloudtrail create-trail \
--name management-events --s3-bucket-name BUCKET --is-multi-region-trail, then aws cloudtrail start-logging \
--name management-events. To deploy without: make deploy PREFLIGHT=no"
  exit 1
fi
