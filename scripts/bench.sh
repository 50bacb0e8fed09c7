#!/usr/bin/env bash
# Runs the benchmarks beside a private PostgreSQL and Redis. BENCHARGS holds arguments of the bench command.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/packages.sh postgresql redis-server
mkdir -p bin
go build -trimpath -o bin/servicedesk ./cmd/servicedesk # a figure must not pay for the compiler that go run is
read -r -a arguments <<<"${BENCHARGS:-}"
exec scripts/services.sh bin/servicedesk bench ${arguments[@]+"${arguments[@]}"}
