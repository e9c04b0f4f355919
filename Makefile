# Everything a contributor runs. Needs a Python from 3.11 to 3.14 and GNU make; the rest is installed into .venv.

VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
ARGS ?=

# The first suitable interpreter; say PYTHON=/path/to/python to choose another.
PYTHON ?= $(shell for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$candidate -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' 2>/dev/null \
	&& { echo $$candidate; break; }; done)

.DEFAULT_GOAL := help
.PHONY: help demo dev test test-interpreted check lint format schema bench lock lock-check clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

demo: $(INSTALLED) ## From a fresh machine to a running system with demo data
	@$(BIN)/facet demo $(ARGS)

dev: $(INSTALLED) ## Run the system and restart it when a file changes
	@$(BIN)/facet dev $(ARGS)

test: $(INSTALLED) ## From a fresh machine to all tests passed; ARGS=path runs one thing
	@$(BIN)/pytest -n 2 --dist loadfile $(ARGS)

test-interpreted: $(INSTALLED) ## Every operation of the modules' tests by graphql-core instead of plans
	@FACET_COMPILED=never $(BIN)/pytest -n 2 --dist loadfile tests/scenarios tests/modules

check: lint test test-interpreted ## Everything the continuous integration runs

lint: $(INSTALLED) ## Style, types, layers, schema file, migrations, changelog
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/facet schema --check
	$(BIN)/facet migrate --sql > $(VENV)/migrations.sql
	$(BIN)/squawk --reporter gcc $(VENV)/migrations.sql
	@if [ -z "$$CI" ] && git rev-parse -q --verify origin/main >/dev/null; then $(BIN)/towncrier check; fi

format: $(INSTALLED) ## Rewrite the code in the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

schema: $(INSTALLED) ## Write schema.graphql and what each module adds to it
	$(BIN)/facet schema
	@UPDATE_GOLDEN=1 $(BIN)/pytest -q tests/scenarios/test_see_a_preset.py -k reviewed

bench: $(INSTALLED) ## Measure speed
	@$(BIN)/pytest tests/benchmarks -s $(ARGS)

LOCK := uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --annotation-style line

lock: ## Resolve the dependencies anew (ARGS=--upgrade, ARGS='--upgrade-package x'); needs uv
	@command -v uv >/dev/null || { echo "Install uv first, for example: pipx install uv" >&2; exit 1; }
	$(LOCK) $(ARGS) --output-file requirements.txt
	$(LOCK) $(ARGS) --group dev --constraint requirements.txt --output-file requirements-dev.txt

lock-check: $(INSTALLED) ## Check that the locked versions fit pyproject.toml
	@$(BIN)/pytest -q tests/architecture/test_requirements.py

clean: ## Remove the environment, the caches and the embedded servers with their data
	@if [ -x $(BIN)/python ]; then for folder in .facet .facet/test; do \
		$(BIN)/python -m server.embedded $$folder; done; fi
	rm -rf .facet $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist

$(INSTALLED): requirements-dev.txt
	@[ -n "$(PYTHON)" ] || { \
		echo "Facet needs Python 3.11 to 3.14, and python3 here is: $$(python3 --version 2>&1)." >&2; \
		echo "Install one of them, or name it: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Installing into $(VENV), once (about a minute) …"
	@if command -v uv >/dev/null 2>&1; then \
		uv venv --quiet --allow-existing --python "$(PYTHON)" $(VENV) && \
		uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.txt && \
		uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .; \
	else \
		{ "$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); \
			echo "On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }; } && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .; \
	fi
	@touch $@
