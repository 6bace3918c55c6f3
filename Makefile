# What can be done here: “make” lists it. Needs Go 1.26 or later and Node 20 or later; the rest is installed where it is missing.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run build test go-test console browser-test rest-test lint format generate fuzz bench large sweep ci clean

# Tools are built into a folder of the checkout, each under its exact version.
GOLANGCI_LINT_VERSION := v2.12.2
GOLANGCI_LINT := .tools/golangci-lint-$(GOLANGCI_LINT_VERSION)
# Its cache holds file names: shared between checkouts, one would be told of another's, and exceptions by path would miss.
export GOLANGCI_LINT_CACHE := $(CURDIR)/.tools/lint-cache

FUZZTIME ?= 30s
PACKAGES ?= ./...

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Run the product from the sources, on its embedded default
	go run .

build: ## Build the binary ./entrepot, without cgo
	CGO_ENABLED=0 go build -trimpath -o entrepot .

test: ## Install what is missing, then run every test: console, Go with the race detector, browser
	@.ci/test

go-test: ## Run the Go tests alone (PACKAGES=./... chooses)
	.ci/race $(PACKAGES)

console: ## Build the console into console/dist and check it
	cd console && npm ci --no-audit --no-fund && npm run build && npm run check

browser-test: ## Drive the built binary with a browser
	CGO_ENABLED=0 go build -o entrepot .
	cd console && ENTREPOT_BIN=../entrepot CHROMIUM="$$(../.ci/needs --browser)" npm run e2e

rest-test: ## Lint the OpenAPI document, generate a client from it, and walk with it through the built binary
	CGO_ENABLED=0 go build -o entrepot .
	cd rest/client && npm ci --no-audit --no-fund && ENTREPOT_BIN=../../entrepot CHROMIUM="$$(../../.ci/needs --browser)" npm test

lint: $(GOLANGCI_LINT) ## Check format (gofumpt) and lint, with the arrows between packages
	$(GOLANGCI_LINT) run

format: $(GOLANGCI_LINT) ## Format all Go files that are written by hand
	$(GOLANGCI_LINT) fmt

generate: ## Generate ent/ and graph/generated again
	go generate ./...

fuzz: ## Run every fuzz target for FUZZTIME (30s) each, in PACKAGES
	@go test -list '^Fuzz' $(PACKAGES) | awk '/^Fuzz/ { names[n++] = $$1 } /^ok/ { while (n) print $$2, names[--n] }' | \
	while read -r package name; do \
		echo "==> $$package $$name"; \
		go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "$$package"; \
	done

bench: ## Run the benchmarks of bench/ (see its package comment)
	go test -run '^$$' -bench . -benchmem ./bench/...

large: ## Upload and import files of 1 GiB, and look at the memory that it takes
	go test -run '^$$' -bench Memory1GiB -benchtime 1x ./storage
	go test -run '^$$' -bench LargeFile -benchtime 1x ./walk

sweep: ## Run the Go tests ten times in other orders, to find what is flaky
	.ci/race -count=10 -timeout 60m $(PACKAGES)

ci: ## Everything that is checked before a change is taken
	bash .ci/run

clean: ## Remove what was built or installed here, and nothing else
	rm -rf entrepot entrepot.exe .tools console/node_modules console/.check rest/client/node_modules rest/client/.check

$(GOLANGCI_LINT):
	@mkdir -p .tools/bin
	GOBIN="$(CURDIR)/.tools/bin" GOFLAGS= CGO_ENABLED=0 go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)
	@mv .tools/bin/golangci-lint $@
