#!/usr/bin/env bash
# Runs the tests under the race detector on both databases and both queues. PKGS names packages (default ./...), TESTARGS
# holds further arguments of go test, e.g. make test PKGS=./store TESTARGS='-run Claim -v'. Below scripts/services.sh it
# uses the servers that run already.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ -z "${SERVICEDESK_TEST_POSTGRES:-}" ]; then
	command -v go >/dev/null || { echo 'test.sh: Go is not on the PATH; see https://go.dev/doc/install' >&2; exit 1; }
	# The race detector needs a C compiler, the browser stories a browser, and pictures with Chinese words a font.
	scripts/packages.sh postgresql redis-server gcc libc6-dev chromium fonts-noto-cjk
	exec scripts/services.sh scripts/test.sh
fi

export CGO_ENABLED=1             # -race
export SERVICEDESK_TEST_STRICT=1 # a test that lacks its database, queue or browser fails instead of skipping

read -r -a packages <<<"${PKGS:-./...}"
read -r -a arguments <<<"${TESTARGS:-}"
status=0
go test -race -count=1 -timeout 60m ${arguments[@]+"${arguments[@]}"} "${packages[@]}" || status=$?
if [ "$status" -eq 0 ]; then
	echo 'go test: passed'
else
	echo "go test: FAILED (exit code $status)"
fi
exit "$status"
