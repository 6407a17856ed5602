# Every target sets up what it needs: a virtual environment in .venv, nothing outside this folder.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
VENV := .venv
BIN := $(VENV)/bin
PYTEST_ARGS ?= -n auto --dist loadfile

.PHONY: demo test check lab bench soak clean
.DEFAULT_GOAL := demo

demo: $(VENV)/runtime ## a fleet on loopback, audited through real SSH
	$(BIN)/tomcat-fleet demo -o demo-report

test: $(VENV)/development ## every test this machine can run; the others are skipped by name
	$(BIN)/python -m pytest $(PYTEST_ARGS)

check: $(VENV)/development ## lint, types, architecture
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/development ## ratios against OpenSSH with the same collector; needs sshd
	$(BIN)/python tests/bench/sweep.py

soak: $(VENV)/development ## 1,000 fake hosts, 300 of them faulty, three times; wants a machine that does nothing else
	$(BIN)/python tests/soak/full.py

lab: $(VENV)/runtime ## containers with real sshd and Tomcat, audited; needs docker compose or a command like it
	COMPOSE="$(COMPOSE)" tests/lab/run $(BIN)/tomcat-fleet lab-report

$(VENV)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/runtime: $(VENV)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/development: $(VENV)/runtime pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) demo-report lab-report dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
