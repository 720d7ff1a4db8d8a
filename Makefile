# One line each. `make run` and `make test` do all set-up themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SHELL := /bin/bash
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test check unit bench score fuzz lock clean help system-packages
.DEFAULT_GOAL := help

help: ## say what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(VENV)/.run ## set up and start the demo: a desk, a sandbox mail server, customers who write
	@$(BIN)/postdesk demo

test: $(VENV)/.dev system-packages ## set up, check and run every test, in two processes
	@$(MAKE) --no-print-directory check
	$(BIN)/python -m pytest -n 2 --dist load

check: $(VENV)/.dev ## style, types, layers
	$(BIN)/ruff check src tests bench
	$(BIN)/ruff format --check src tests bench
	@# A database that nobody reaches: the types are read with the settings, which would start one and leave it running.
	DATABASE_URL=postgresql://nobody@127.0.0.1:9/none $(BIN)/mypy
	$(BIN)/lint-imports

unit: $(VENV)/.dev ## the quick tests only: no browser, no mail server
	$(BIN)/python -m pytest tests/unit tests/app tests/flow tests/architecture

bench: $(VENV)/.dev system-packages ## measure and print: intake, latency, memory, idle cost
	$(BIN)/python -m bench

score: $(VENV)/.dev ## score parsing on a corpus of real mail, threading on known truth: make score CORPORA=folder
	$(BIN)/python -m bench.score $(CORPORA)
	$(BIN)/python -m pytest -s tests/flow/test_thread_sets.py

fuzz: $(VENV)/.dev ## change mail at random and parse it: make fuzz CORPORA=folder MINUTES=10
	$(BIN)/python -m bench.fuzz $(CORPORA) --minutes $(or $(MINUTES),10)

lock: ## lock the dependencies anew (needs uv)
	uv pip compile -q --generate-hashes --no-emit-index-url --universal --python-version 3.11 --extra demo --group build pyproject.toml -o requirements/run.txt
	uv pip compile -q --generate-hashes --no-emit-index-url --universal --python-version 3.11 --extra demo --group build --group dev pyproject.toml -o requirements/dev.txt

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "postdesk needs Python 3.11 or newer (set PYTHON=...)."; exit 1; }
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { rm -rf $(VENV); scripts/install-packages python3-venv && $(PYTHON) -m venv $(VENV); }

$(VENV)/.run: $(VENV)/bin/python requirements/run.txt pyproject.toml
	@echo "Installing postdesk into $(VENV) ..."
	@$(BIN)/python -m pip install -q --require-hashes -r requirements/run.txt
	@$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python requirements/dev.txt pyproject.toml
	@echo "Installing postdesk and its test tools into $(VENV) ..."
	@$(BIN)/python -m pip install -q --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.run

system-packages:
	@scripts/install-packages dovecot-imapd dovecot-pop3d dovecot-lmtpd dovecot-submissiond chromium

clean: ## remove what set-up made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
