#!/usr/bin/env bash
# upgrade.sh [EVENTS]: builds the version before (the last tag; without one the commit before the newest migration) and has bin/patchbay take
# over from it on one database, under load.
set -euo pipefail
cd "$(dirname "$0")/../.."
not_tried() { echo "upgrade: not tried: $1"; exit 0; }
git rev-parse -q --verify HEAD >/dev/null 2>&1 || not_tried "these sources come without their history (git), and so without the version before"
before=$(git describe --tags --abbrev=0 'HEAD^' 2>/dev/null || true)
if [ -z "$before" ]; then
	newest=$(git log -1 --format=%H --diff-filter=A -- 'migrations/*.sql')
	before=$(git rev-parse -q --verify "${newest:-none}^" || true)
fi
[ -n "$before" ] || not_tried "the history does not reach back to the version before (a shallow clone: git fetch --unshallow --tags)"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/src"
git archive "$before" | tar -x -C "$dir/src"
echo "upgrade: the version before is $(git log -1 --format='%h of %cs (%s)' "$before")"
(cd "$dir/src" && go build -o "$dir/before" ./api)
bin/patchbay torture upgrade --from "$dir/before" --events "${1:-3000}"
