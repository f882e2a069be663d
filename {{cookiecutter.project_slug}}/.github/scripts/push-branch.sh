#!/bin/sh
# Commit everything and push it as a branch, with the token in GITHUB_TOKEN. Usage: push-branch.sh BRANCH TITLE
set -eu
if [ -z "${GITHUB_TOKEN:-}" ]; then
  echo "::error::expected an App (DELIVERY_APP_ID) or a token (DELIVERY_TOKEN) that may write workflows, found neither; see docs/github.md"
  exit 1
fi
git config user.name "template update"
git config user.email "template-update@users.noreply.github.com"
git checkout --quiet -B "$1"
git add --all
git commit --quiet --message "$2"
url="$(git remote get-url origin)"
case "$url" in
  https://*) url="https://x-access-token:${GITHUB_TOKEN}@${url#https://}" ;;
esac
if ! git push --quiet --force "$url" "HEAD:refs/heads/$1" 2> push-error.txt; then
  sed "s/${GITHUB_TOKEN}/***/g" push-error.txt >&2
  rm -f push-error.txt
  echo "::error::the branch could not be pushed; the App or the token needs the permission Workflows: write (docs/github.md)"
  exit 1
fi
rm -f push-error.txt
