#!/bin/sh
# Runs every suite, whatever the one before said, and ends with the sum of all:
# "N passed, N failed". `make test` calls it beside a throw-away PostgreSQL.
set -u
cd "$(dirname "$0")/../.." || exit 1

counts=bin/counts
rm -rf "$counts" bin/patchbay .patchbay/torture.txt .patchbay/chaos.txt .patchbay/chaos-runs.txt
mkdir -p "$counts"

# A program that does not build fails the suites that need it; the others still run.
${MAKE:-make} --no-print-directory build || echo "The build failed; the tests go on without it."
${MAKE:-make} --no-print-directory sdk || echo "The libraries failed to build; the tests go on without them."

CHROME_BIN=$(deploy/dev/setup.sh browser-path) && export CHROME_BIN

bin/summary go "$counts/go" -- go test -race -timeout 60m -json ./...
bin/summary "go library" "$counts/sdk-go" -- go -C sdk/go test -race -timeout 60m -json ./...
bin/summary "go deploy" "$counts/deploy" -- go -C deploy/check test -timeout 60m -json ./...
bin/summary console "$counts/console" -- npm --prefix web test
bin/summary libraries "$counts/libraries" -- npm --prefix sdk test
bin/summary python "$counts/python" -- sh -c "cd sdk/python && exec ../../bin/python/bin/python -W error -m unittest discover -s tests 2>&1"
bin/summary browser "$counts/browser" -- npm --prefix web run e2e
bin/summary pages "$counts/pages" -- npm --prefix sdk run e2e

[ ! -f .patchbay/torture.txt ] || { echo "── what is promised of tokens, against processes that were killed and cut off"; cat .patchbay/torture.txt; }
[ ! -f .patchbay/chaos.txt ] || { echo "── what is promised of webhooks, while everything is killed (the short form of make chaos)"; cat .patchbay/chaos.txt; }
[ ! -f .patchbay/chaos-runs.txt ] || { echo "── and of runs"; cat .patchbay/chaos-runs.txt; }

exec bin/summary total "$counts/go" "$counts/sdk-go" "$counts/deploy" "$counts/console" "$counts/libraries" "$counts/python" "$counts/browser" "$counts/pages"
