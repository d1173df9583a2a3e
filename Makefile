# Everything a newcomer needs: `make demo` to see it work, `make check` before a change is offered.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help install demo test check format lint types layers bench lock clean

help: ## Show what can be made.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

install: $(INSTALLED) ## Install Ledgerflow and all it needs into .venv.

$(INSTALLED): constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Ledgerflow needs Python 3.11 or newer")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(INSTALLED) ## Do the whole job once against a local QuickBooks: connect, read, write.
	@$(BIN)/python examples/demo.py

test: $(INSTALLED) ## Run the tests.
	$(BIN)/python -m pytest -n 2 --dist loadscope

check: $(INSTALLED) format lint types layers test ## Format, lint, type-check, check import layers, test.

format: $(INSTALLED)
	$(BIN)/ruff format $(if $(CI),--check) .

lint: $(INSTALLED)
	$(BIN)/ruff check $(if $(CI),,--fix) .

types: $(INSTALLED)
	$(BIN)/mypy

layers: $(INSTALLED)
	$(BIN)/lint-imports

bench: $(INSTALLED) ## Measure the read path beside its peers; takes some minutes.
	$(BIN)/python -m bench

lock: ## Compile constraints.txt anew from pyproject.toml (versions and hashes, no addresses).
	$(BIN)/uv pip compile pyproject.toml --group dev --all-extras --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock" -o constraints.txt

clean: ## Remove what was installed, built and made by the demo.
	rm -rf $(VENV) demo bench/out build dist
