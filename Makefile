# `make demo` plays the main job; `make test` runs every test. Both set up what they need in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO ?= demo
# Rooms without input, output or clock (trust but for its signer): their branches have to be covered.
PURE := domain policy promotion projections trust

.PHONY: demo test docs lock clean

demo: $(VENV)/.runtime
	$(BIN)/ldmrelease demo $(DEMO) --again

test: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest --numprocesses auto --dist worksteal $(PURE:%=--cov=ldmrelease/%) --cov-report=
	$(BIN)/coverage report --skip-covered --fail-under=95

docs: $(VENV)/.test
	$(BIN)/python -m ldmrelease.render.policy_reference > docs/policy-reference.md
	$(BIN)/python -m ldmrelease.faces.cli.reference > docs/command-reference.md

# Pin anew what pyproject.toml allows; needs uv. Versions stay unless `UPGRADE=--upgrade`. Extras stay in the names:
# pip takes the newest of what is asked for with an extra, and finds no hash for it.
COMPILE := uv pip compile --quiet --universal --generate-hashes --no-strip-extras --no-header --no-annotate \
	--python-version 3.11 $(UPGRADE)
lock:
	$(COMPILE) requirements/build.in -o requirements/build.txt
	$(COMPILE) pyproject.toml -o requirements/runtime.txt
	$(COMPILE) --extra kubernetes --extra docker pyproject.toml -o requirements/kubernetes.txt
	$(COMPILE) --extra test pyproject.toml -o requirements/test.txt

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

clean:
	rm -rf $(VENV) $(DEMO) build dist
