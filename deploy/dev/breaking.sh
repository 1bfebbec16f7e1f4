#!/usr/bin/env bash
# Fails if a client of the last release would break on this contract. What is broken on
# purpose stands in openapi/breaking.txt, a line each, and in the changelog.
set -euo pipefail
diff="go run github.com/oasdiff/oasdiff@v1.35.0 breaking --fail-on ERR"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# First the check itself: a path that goes is seen.
sed 's#^  /connect/{project_id}/tokens:#  /connect/{project_id}/other_tokens:#' openapi/openapi.yaml >"$tmp/broken.yaml"
if $diff openapi/openapi.yaml "$tmp/broken.yaml" >/dev/null 2>&1; then
  echo "A contract without its connect tokens passes as compatible: the comparison does not work." >&2
  exit 1
fi

tag=${1:-$(git describe --tags --abbrev=0 --match 'v[0-9]*' 2>/dev/null || true)}
if [ -z "$tag" ]; then
  echo "Contract: there is no release yet that it could break."
  exit 0
fi
git show "$tag:openapi/openapi.yaml" >"$tmp/released.yaml"
ignore=()
[ -f openapi/breaking.txt ] && ignore=(--err-ignore openapi/breaking.txt)
$diff "${ignore[@]}" "$tmp/released.yaml" openapi/openapi.yaml && echo "Contract: clients of $tag go on working."
