#!/usr/bin/env bash
# Says which version a tag publishes (version=…), if it is one and CHANGELOG.md tells what is new in it.
set -euo pipefail
cd "$(dirname "$0")/../.."
tag=${1:?a tag such as v1.2.3}
if [[ ! $tag =~ ^v([0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?)$ ]]; then
  echo "$tag is no tag of a version: v1.2.3" >&2
  exit 1
fi
version=${BASH_REMATCH[1]}
if ! grep -qE "^## ${version//./\\.}( |\$)" "${CHANGELOG:-CHANGELOG.md}"; then
  echo "CHANGELOG.md says nothing of $version: name what is under Unreleased after it" >&2
  exit 1
fi
echo "version=$version"
