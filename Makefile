# Every target sets up by itself. ARGS goes to the command behind it: make demo ARGS="--live 5m".
BIN := .venv/bin
ARGS ?=
# How many times the usual effort `make proof` takes: kills, random streams, mangled records.
CLICKWATCH_PROOF_SCALE ?= 10
# Two files of tests at a time: much of a test is waiting for a disk, a server or a start. ARGS="-n 0" is one at a time.
PYTEST := $(BIN)/pytest -n 2 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help demo test check proof bench broker docs lock set-up clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

demo: ## from a click to an alert on this machine, with made-up shoppers
	@scripts/setup.sh run
	@$(BIN)/clickwatch demo $(ARGS)

test: check ## everything: style, types, the layers, and all tests
	@echo "pytest"
	@$(PYTEST) $(ARGS)

check: set-up ## style, types and the layers, without the tests
	@echo "ruff check"
	@$(BIN)/ruff check --quiet
	@echo "ruff format --check"
	@$(BIN)/ruff format --check --quiet
	@echo "mypy --strict"
	@$(BIN)/mypy --no-error-summary
	@echo "lint-imports"
	@$(BIN)/lint-imports --no-logo

proof: set-up ## the tests with ten times the kills and random streams
	@CLICKWATCH_PROOF_SCALE=$(CLICKWATCH_PROOF_SCALE) $(PYTEST) $(ARGS)

bench: set-up ## the speed and memory of this machine, as a table
	@$(BIN)/python -m benchmarks.run $(ARGS)

broker: set-up ## a Kafka broker on this machine until Ctrl-C
	@$(BIN)/python -m dev.run_broker

docs: set-up ## the generated pages of docs/, and .env.example
	@$(BIN)/python -m scripts.generate_docs

lock: set-up ## the lock files; ARGS=--upgrade takes newer versions
	@$(BIN)/python scripts/lock.py $(ARGS)

set-up: ## .venv with what the tests need, the broker, and Airflow
	@scripts/setup.sh dev
	@$(BIN)/python -m dev.jars
	@$(BIN)/python -m dev.airflow_environment

clean: ## removes what the targets above have made
	@rm -rf .venv .venv-airflow .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .jars
