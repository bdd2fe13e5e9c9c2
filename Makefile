# livingdrug: each target is enough on a fresh machine with Python 3.11 or newer.
#
#   make demo      a virtual ELIANA trial, and where its report is
#   make test      the tests
#   make check     what a change has to pass: format, lint, types, import directions, tests
#   make bench     speed on a fixed small trial
#   make validate  published against simulated, trial by trial, the slow tests against other programs, and a hundred kills
#   make dist      wheel and sdist of this version in dist/; make release-check installs the wheel into a clean environment and runs it
#   make changelog the section of this version in CHANGELOG.md, from the fragments in changes/
#   make docs      the documentation as a site that needs no network: site/index.html
#   make associations  who responds, and why: docs/associations.md from a run
#   make clean     remove what was made (.venv, runs, caches)

VENV    := .venv
BIN     := $(VENV)/bin
PYTHON  ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3 python,\
             $(shell $(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $(name))))
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
RUNTIME := $(VENV)/.installed
DEV     := $(VENV)/.installed-dev
DOCS    := $(VENV)/.installed-docs

.DEFAULT_GOAL := help
.PHONY: help demo test check format-check types imports bench validate docs dist release-check changelog associations clean

help:
	@sed -n '/^#/!q;s/^# \{0,1\}//p' Makefile

demo: $(RUNTIME)
	$(BIN)/livingdrug run eliana -n 1000 --seed 7 -o runs/eliana --force

test: $(DEV)
	$(BIN)/python -m pytest -n 2

check: format-check types imports test

format-check: $(DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(DEV)
	$(BIN)/pyright

imports: $(DEV)
	$(BIN)/lint-imports

bench: $(DEV)
	$(BIN)/python -m benchmarks

validate: $(DEV)
	$(BIN)/livingdrug validate -n 1000 --seed 7 -o runs/validate
	LIVINGDRUG_VALIDATE=1 $(BIN)/python -m pytest tests/independent tests/published tests/fuzz
	$(BIN)/python -m pytest -m slow tests/surface tests/unit

docs: $(DOCS)
	$(BIN)/python -m documentation
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet -f build/documentation/mkdocs.yml -d ../../site
	@echo "The site: $(CURDIR)/site/index.html"

dist: $(DEV)
	rm -rf build dist
	$(BIN)/python -m build --outdir dist .

release-check: $(DEV)
	$(BIN)/python -m pytest -m slow tests/surface/test_release.py

changelog: $(DEV)
	$(BIN)/python -m changes $$($(BIN)/python -c "from changes.__main__ import project_version; print(project_version())")

associations: $(DEV)
	$(BIN)/python -m livingdrug.reports.association_document docs/associations.md

clean:
	rm -rf $(VENV) runs build dist site .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment ---------------------------------------------------------------------------------------------------
# A stamp file for each set of packages: nothing is installed twice unless the list of packages changed.

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Error: no Python 3.11 or newer was found. Install one, or say which: make PYTHON=/path/to/python3"; exit 2; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Error: Python could not make $(VENV). On Debian and Ubuntu: apt-get install python3-venv"; exit 2; }

$(RUNTIME): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing livingdrug into $(VENV) …"
	$(INSTALL) -e .
	@touch $@

$(DEV): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing livingdrug and its test tools into $(VENV) …"
	$(INSTALL) -e ".[dev]"
	@touch $@ $(RUNTIME)

$(DOCS): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing livingdrug and what makes its documentation into $(VENV) …"
	$(INSTALL) -e ".[docs]"
	@touch $@ $(RUNTIME)
