#!/bin/sh
# fuzz.sh [TIME]: runs every fuzz target for TIME (30s). What breaks one is kept in
# the package's testdata/fuzz, is run by every go test from then on, and is committed.
set -u
cd "$(dirname "$0")/../.." || exit 1

code=0
for file in $(git ls-files '*_test.go' | xargs grep -l '^func Fuzz'); do
	package=./$(dirname "$file")
	for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file"); do
		echo "── $package $target"
		go test "$package" -run '^$' -fuzz "^$target\$" -fuzztime "${1:-30s}" || code=1
	done
done
exit "$code"
