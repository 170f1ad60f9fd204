# Two commands matter: `make demo` and `make test`. Both need only Python 3.11, make and a compiler.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TORCH := torch==2.13.0

.PHONY: help install install-dev demo test test-slow lint bench docs clean

help:
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST)

install: $(VENV)/.core  ## the light core, into .venv

install-dev: $(VENV)/.dev  ## the core and what tests, linters and docs need

demo: install  ## real tissue in, synthetic tissue and an honest report out (about 8 minutes)
	$(BIN)/cancergan demo --out runs/demo

test: install-dev  ## the suite, without the slow tests
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 -m "not slow"

test-slow: install-dev  ## the slow tests, one after another
	$(BIN)/python -m pytest -m slow

lint: install-dev  ## format, lint, types, floors
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: install-dev  ## ratios of our speed to plain PyTorch's, in one run
	$(BIN)/python -m benchmarks

docs: install-dev  ## the site, into site/
	$(BIN)/mkdocs build --strict

clean:
	rm -rf $(VENV) site build dist .pytest_cache .mypy_cache .ruff_cache

# torch first and by itself: asked for as a dependency, pip may take a CUDA build of several GB.
$(VENV)/.torch: constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt $(TORCH)
	@touch $@

$(VENV)/.core: $(VENV)/.torch pyproject.toml
	$(BIN)/pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.core
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[dev,docs]"
	@touch $@
