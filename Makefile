# Everything a newcomer needs: `make demo` to see it work, `make check` before a change is offered.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PAGE := src/ledgerflow/server/static/index.html

.DEFAULT_GOAL := help
.PHONY: help install page browser demo test check format lint types layers ui bench lock clean

help: ## Show what can be made.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

install: $(INSTALLED) $(PAGE) ## Install Ledgerflow into .venv and build its page.

$(INSTALLED): constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Ledgerflow needs Python 3.11 or newer")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

page: $(PAGE) ## Build the web page into the package.

ui/node_modules/.installed: ui/package-lock.json
	@echo "Installing what builds the page ..."
	@cd ui && npm ci --silent --no-audit --no-fund
	@touch $@

$(PAGE): ui/node_modules/.installed $(shell find ui/src ui/public ui/index.html ui/vite.config.ts -type f)
	@cd ui && npm run --silent build >/dev/null

# The browser tests use Debian's Chromium; it is installed when it is missing and we may.
browser:
	@command -v chromium >/dev/null || { \
	  as=$$([ "$$(id -u)" = 0 ] && echo "" || echo sudo); \
	  echo "Installing Chromium for the browser tests ..."; \
	  $$as apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$as apt-get install -y -qq chromium >/dev/null; }

demo: install ## Do the whole job once against a local QuickBooks: connect, read, write.
	@$(BIN)/python examples/demo.py

test: install browser ## Install everything and run the tests.
	$(BIN)/python -m pytest -n 2 --dist loadscope

check: install format lint types layers ui test ## Format, lint, type-check, check import layers, test.

format: $(INSTALLED)
	$(BIN)/ruff format $(if $(CI),--check) .

lint: $(INSTALLED)
	$(BIN)/ruff check $(if $(CI),,--fix) .

types: $(INSTALLED)
	$(BIN)/mypy

layers: $(INSTALLED)
	$(BIN)/lint-imports

ui: $(INSTALLED) ui/node_modules/.installed
	cd ui && npm run --silent check

bench: $(INSTALLED) ## Measure the read path beside its peers; takes some minutes.
	$(BIN)/python -m bench

lock: ## Compile constraints.txt anew from pyproject.toml (versions and hashes, no addresses).
	$(BIN)/uv pip compile pyproject.toml --group dev --all-extras --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock" -o constraints.txt

clean: ## Remove what was installed, built and made by the demo.
	rm -rf $(VENV) demo bench/out build dist ui/node_modules src/ledgerflow/server/static
