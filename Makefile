# Villagecast. The commands that matter: make run, make test, make bench, make soak.

SHELL := /bin/bash
BIN := bin
DATA ?= villagecast-data
LISTEN ?= 127.0.0.1:8520
MQTT ?= 127.0.0.1:8521

.PHONY: run build test soak bench clean forget

run: ## starts the centre with a demonstration county
	@.ci/need run
	@$(MAKE) --no-print-directory build
	@exec $(BIN)/villagecast demo --data "$(DATA)" --listen "$(LISTEN)" --mqtt "$(MQTT)" --notes .cache/skipped

build: ## builds the programs into bin/
	@.ci/build $(BIN)

test: ## runs everything that continuous integration runs
	@.ci/need test
	@.ci/test

soak: ## the long forms of the tests: hours
	@.ci/need test
	@.ci/cross
	@.ci/soak

bench: ## measures, prints the table and writes docs/performance.md
	@.ci/need test
	@.ci/bench

clean: ## removes what was built
	rm -rf $(BIN) .cache

forget: ## removes the demonstration's data
	rm -rf "$(DATA)"
