# The commands people type; each is a script, so that it can be read and run alone.

.DEFAULT_GOAL := help

.PHONY: help demo test soak interop bench bench-full check install

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## build it and label a small dataset of speech
	@scripts/demo.sh

test: ## all that CI runs: set-up, checks, tests
	@scripts/test.sh

soak: ## attack it for hours: kills, faults, long use
	@scripts/soak.sh

interop: ## exports opened by other people's readers (Python packages)
	@scripts/interop.sh

bench: ## measure speed against peers on this machine, in minutes
	@scripts/bench.sh

bench-full: ## the same with inputs as large as they get, in hours
	@BENCH=full scripts/bench.sh

check: ## formatting, lints, documentation, dependencies; no tests
	@scripts/check.sh

install: ## build it and put it among cargo's programs
	@scripts/install.sh
