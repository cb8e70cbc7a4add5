# `make` says what there is. Each target sets up what it needs in .venv, exactly pinned and by hash.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO ?= demo
SITE := build/site
# How long each reader is fuzzed, with which seed (0: another each time), and where inputs are kept from run to run.
SECONDS ?= 60
SEED ?= 0
CORPUS ?= build/fuzz
# How many processes run tests.
JOBS ?= auto
# Ledgers and git wait for the disk at each write: unit tests keep what they write in memory, where there is a place.
MEMORY := $(if $(wildcard /dev/shm/.),TMPDIR=/dev/shm)
# pytest rewrites the asserts of three hundred files: what it compiled is kept, also where an image of Python says
# otherwise, or each process that runs tests does that again.
unexport PYTHONDONTWRITEBYTECODE
PYTEST := $(BIN)/pytest --numprocesses $(JOBS) --dist worksteal
# Packages without input, output or clock (trust but for its signer): their branches have to be covered.
PURE := domain policy promotion projections trust

.DEFAULT_GOAL := help
.PHONY: help demo lint format unit test fuzz fuzz-short references examples pictures docs hooks lock clean

help: ## say what there is (this)
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.runtime ## play the main job in demo/, with real parts
	$(BIN)/ldmrelease demo $(DEMO) --again

lint: $(VENV)/.test ## style, format, types and the contracts between packages; changes nothing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.test ## put imports and layout in order, and what else can be corrected by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

unit: $(VENV)/.test ## the unit tests, in two minutes
	$(MEMORY) $(PYTEST) tests/unit

test: lint docs fuzz-short ## everything: lint, docs, fuzzing, and all tests with their coverage (40 minutes)
	CI=true $(PYTEST) $(PURE:%=--cov=ldmrelease/%) --cov-report=
	$(BIN)/coverage report --skip-covered --fail-under=95

fuzz: $(VENV)/.fuzz ## fuzz what reads others' files, SECONDS each (60), with another SEED each time (docs/fuzzing.md)
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS) --seed $(SEED) --keep $(CORPUS)

fuzz-short: $(VENV)/.fuzz ## the same for four seconds each, always with the same inputs first
	$(BIN)/python -m tests.fuzz --seconds 4 --seed 1

references: $(VENV)/.runtime ## write the references of files and commands anew, and what completion knows of them, from the program
	$(BIN)/python -m ldmrelease.render.policy_reference > docs/policy-reference.md
	$(BIN)/python -m ldmrelease.render.file_reference workspace > docs/workspace-reference.md
	$(BIN)/python -m ldmrelease.render.file_reference trust > docs/trust-reference.md
	$(BIN)/python -m ldmrelease.render.file_reference policy-test > docs/policy-test-reference.md
	$(BIN)/python -m ldmrelease.faces.cli.reference > docs/command-reference.md
	$(BIN)/python -m ldmrelease.faces.cli.completion_table > ldmrelease/faces/completion/commands.json

examples: $(VENV)/.test ## play the documents' commands, and write the answers into them anew
	$(BIN)/python -m tests.documents

pictures: $(VENV)/.test ## the pictures of the README, from what the demonstration prints
	$(BIN)/python -m tests.documents.pictures

docs: $(VENV)/.docs ## the documents as a site in build/site; a warning is an error
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going --fresh-env docs $(SITE)

hooks: $(VENV)/.test ## lint what is committed, at each `git commit`
	$(BIN)/pre-commit install

# Versions stay unless `UPGRADE=--upgrade`. Extras stay in the names: pip takes the newest of what is asked for with
# an extra, and finds no hash for it.
COMPILE := uv pip compile --quiet --universal --generate-hashes --no-strip-extras --no-header --no-annotate --fork-strategy fewest \
	--python-version 3.11 $(UPGRADE)
lock: ## pin anew what pyproject.toml allows (needs uv)
	$(COMPILE) requirements/build.in -o requirements/build.txt
	$(COMPILE) pyproject.toml -o requirements/runtime.txt
	$(COMPILE) --extra kubernetes --extra docker --extra reports --extra sigstore --extra keys pyproject.toml -o requirements/kubernetes.txt
	$(COMPILE) --extra test pyproject.toml -o requirements/test.txt
	$(COMPILE) --extra fuzz pyproject.toml -o requirements/fuzz.txt
	$(COMPILE) --extra docs --constraint requirements/test.txt pyproject.toml -o requirements/docs.txt
	$(PYTHON) requirements/both_names.py requirements/*.txt

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# Exactly the pinned distributions, by hash, then the checkout itself.
$(VENV)/.runtime: requirements/build.txt requirements/runtime.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --require-hashes -r requirements/build.txt -r requirements/runtime.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.test: requirements/test.txt $(VENV)/.runtime
	$(BIN)/pip install --quiet --require-hashes -r requirements/test.txt
	touch $@

$(VENV)/.fuzz: requirements/fuzz.txt $(VENV)/.runtime
	$(BIN)/pip install --quiet --require-hashes -r requirements/fuzz.txt
	touch $@

$(VENV)/.docs: requirements/docs.txt $(VENV)/.runtime
	$(BIN)/pip install --quiet --require-hashes -r requirements/docs.txt
	touch $@

clean: ## remove what the targets made
	rm -rf $(VENV) $(DEMO) build dist
