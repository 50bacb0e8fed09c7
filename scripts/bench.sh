#!/usr/bin/env bash
# Runs the benchmarks beside a private PostgreSQL and Redis. BENCHARGS holds arguments of the bench command.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/packages.sh postgresql redis-server
mkdir -p bin
CGO_ENABLED=0 go build -trimpath -o bin/servicedesk ./cmd/servicedesk # as `make build` does
read -r -a arguments <<<"${BENCHARGS:-}"
exec scripts/services.sh bin/servicedesk bench ${arguments[@]+"${arguments[@]}"}
