PYTHON ?= python3
BIN := .venv/bin
# One a core, of a gigabyte each.
WORKERS := --numprocesses logical --maxprocesses 4

.PHONY: setup demo test slow lint

setup: .venv/ready

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -c "import sys; sys.exit('Likeness needs Python 3.11 or newer.' if sys.version_info < (3, 11) else 0)"
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group dev
	touch .venv/ready

demo: setup
	$(BIN)/python -m trainer demo $(if $(FAMILY),--family $(FAMILY) --out demo/$(FAMILY))

# A file alone is quicker without workers: .venv/bin/python -m pytest tests/...
# The tests' rewritten assertions are kept from run to run, else each worker rewrites them all for seconds.
test: setup
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest $(WORKERS)

slow: setup
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest $(WORKERS) -m slow

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/pyright
