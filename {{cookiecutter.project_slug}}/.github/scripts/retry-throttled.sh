#!/bin/sh
# Run a command again while a registry throttles it: anonymous pulls from ECR Public are counted by address, and the
# machines of GitHub share theirs. Any other failure is final. Usage: retry-throttled.sh mlops image build
# Source: https://docs.aws.amazon.com/AmazonECR/latest/public/public-service-quotas.html (rate of unauthenticated pulls)
throttled='toomanyrequests|429 Too Many Requests|Rate exceeded'
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for pause in ${RETRY_PAUSES:-15 45 90 180} last; do
  { "$@" 2>&1; echo $? > "$log.code"; } | tee "$log"
  code=$(cat "$log.code")
  rm -f "$log.code"
  if [ "$code" -eq 0 ] || [ "$pause" = last ] || ! grep -qiE "$throttled" "$log"; then
    exit "$code"
  fi
  echo "a registry throttles anonymous pulls; trying again in $pause seconds" >&2
  sleep "$pause"
done
