# NEXUS Jobs. Each target is a line or two here and a script in scripts/.

ROWS ?= 1000000
JOBS ?= 1000000
TRANSPORT ?= redis

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test lint bench bench-peers chaos schema setup services stop clean-services release

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## load ROWS transactions (default 1000000) through Redis into Postgres, on private servers
	@echo "make demo installs what is missing, builds nexus, starts a private Postgres and Redis"
	@echo "in .nexus/demo, and loads $(ROWS) generated transactions as a job. A first build takes"
	@echo "about 5 minutes on two cores, the rest about a minute; nothing is left running."
	@scripts/setup
	@$(MAKE) --no-print-directory release
	@ROWS=$(ROWS) scripts/demo

test: ## every check and test, as CI runs them; with Go, on an object store too, with Maven on Kafka
	@scripts/test

lint: ## formatting, clippy, shell scripts, cargo-deny
	@scripts/lint

bench: setup release ## every benchmark beside private servers; refreshes docs/benchmarks.md
	@scripts/bench

bench-peers: ## other job systems and this one in turn, with ratios
	@scripts/bench-peers

chaos: setup ## kill everything under JOBS jobs (default 1000000) while a checker counts; also SEED=, TRANSPORT=redis|kafka|both
	@JOBS=$(JOBS) SEED=$(SEED) TRANSPORT=$(TRANSPORT) scripts/chaos

schema: setup ## regenerate schema/src/schema.rs from the migrations
	@scripts/schema

setup: ## install what is missing: Postgres 15, Redis 7, C and C++ tool chain
	@scripts/setup

release:
	cargo build --release --locked -p nexus-cli

services: setup ## start private Postgres and Redis in .nexus/services; prints their URLs
	@scripts/services start
	@scripts/services env

stop: ## stop them; their data stay
	@scripts/services stop

clean-services: ## stop the private servers of every target and remove their data
	@for dir in .nexus/*/; do \
	  case $$dir in .nexus/tools/|.nexus/peers/|'.nexus/*/') ;; *) scripts/services stop $$dir --wipe || exit 1 ;; esac; \
	done
