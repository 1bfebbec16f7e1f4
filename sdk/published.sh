#!/usr/bin/env bash
# Says which library a tag publishes (name=…), if the tag, the package and the top of
# its changelog are of one version.
set -euo pipefail
cd "$(dirname "$0")/.."
tag=${1:?a tag such as sdk/typescript/v1.2.3}
if [[ ! $tag =~ ^sdk/(browser|go|python|react|typescript)/v([0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?)$ ]]; then
  echo "$tag is no tag of a library: sdk/typescript/v1.2.3" >&2
  exit 1
fi
name=${BASH_REMATCH[1]} version=${BASH_REMATCH[2]}
case $name in
  python) said=$(sed -n 's/^version = "\(.*\)"$/\1/p' sdk/python/pyproject.toml | head -n 1) ;;
  go) said=$(sed -n 's/^const Version = "\(.*\)".*/\1/p' sdk/go/*.go | head -n 1) ;;
  *) said=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' "sdk/$name/package.json" | head -n 1) ;;
esac
if [ "$said" != "$version" ]; then
  echo "$tag does not publish version $said of $name: change the one or the other" >&2
  exit 1
fi
if ! grep -qm1 "^## $version\b" "sdk/$name/CHANGELOG.md"; then
  echo "sdk/$name/CHANGELOG.md says nothing of $version" >&2
  exit 1
fi
echo "name=$name"
