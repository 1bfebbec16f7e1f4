#!/bin/sh
# Looks for what is known to be wrong with what others wrote, and for secrets in all that
# was ever committed. It asks vuln.go.dev and the registry of npm, so that it is apart
# from make check, which needs neither. (Licences are looked at by deploy/check.)
set -u
cd "$(dirname "$0")/../.." || exit 1
code=0

echo "── known vulnerabilities of Go modules, where our code reaches them"
for module in . sdk/go; do
	go -C "$module" run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./... || code=1
done

echo "── known vulnerabilities of what browsers and customers' programs get"
for folder in web sdk; do
	npm --prefix "$folder" audit --omit=dev --audit-level=moderate || code=1
done

echo "── secrets in the history"
go run github.com/zricethezav/gitleaks/v8@v8.30.1 git --no-banner --redact --config deploy/dev/gitleaks.toml . || code=1
exit "$code"
