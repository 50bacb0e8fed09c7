GO ?= go
LINT = $(GO) tool -modfile=tools/go.mod golangci-lint

# By the environment and not on the command line: then make starts the script itself, without a shell between that would
# keep the signal when make is told to stop.
export PKGS TESTARGS BENCHARGS

.PHONY: help run build test check lint vet fmt fmt-check bench

help: ## say what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

run: ## try the desk: demo with both platforms simulated (ARGS='--virtual-clock')
	$(GO) run ./cmd/servicedesk demo $(ARGS)

build: ## bin/servicedesk
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/servicedesk ./cmd/servicedesk

test: ## all tests, on both databases and both queues (PKGS=./store TESTARGS='-run Claim -v')
	@scripts/test.sh

check: fmt-check lint vet test ## what CI runs

lint: ## the linters, with the import rules between rooms
	$(LINT) run

vet:
	$(GO) vet ./...

fmt: ## format all Go files
	@"$$($(GO) env GOROOT)/bin/gofmt" -s -w .

fmt-check:
	@files=$$("$$($(GO) env GOROOT)/bin/gofmt" -s -l .) || exit 1; \
	if [ -n "$$files" ]; then printf 'not formatted (make fmt):\n%s\n' "$$files" >&2; exit 1; fi

bench: ## the benchmarks, each with its limit measured beside it (BENCHARGS=…)
	@scripts/bench.sh
