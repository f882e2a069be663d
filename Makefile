# The template's own commands. Bare `make` prints them.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PROJECT := {{cookiecutter.project_slug}}
# Folders at the top that a project gets as they are; ruff follows links only where they are named.
COPIED := $(foreach folder,infra model pipelines,"$(PROJECT)/$(folder)/")
DEMO := build/demo
# End-to-end tests wait much: three at a time keep two cores busy.
TEST_PROCESSES ?= 3
DEMO_PROJECT := purchase-intent
LIBRARY_PROJECT := build/library
UV_VERSION := 0.13.9
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
# Commands in other folders find it on the PATH. No make function here: they cut a path at its spaces.
UV_ON_PATH := PATH="$(CURDIR)/.tools/bin:$$PATH"
export UV_PYTHON_DOWNLOADS := never
export RUFF_CACHE_DIR := $(CURDIR)/build/ruff
export PYTHONDONTWRITEBYTECODE := 1

.DEFAULT_GOAL := help
.PHONY: help
help: ## Print this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

.tools/bin/uv:
	$(PYTHON) -m venv .tools
	.tools/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/.ready: requirements/dev.txt | $(filter .tools/bin/uv,$(UV))
	@echo "installing the template's tools into $(VENV)"
	@test -x $(PY) || $(UV) venv --quiet --python $(PYTHON) $(VENV)
	@$(UV) pip sync --quiet --python $(PY) requirements/dev.txt
	@touch $@

.PHONY: setup
setup: $(VENV)/.ready ## Install what working on the template needs

.PHONY: generate
generate: $(VENV)/.ready ## Generate a project with default answers into build/demo
	@mkdir -p $(DEMO)
	@echo "generating a project with default answers: $(DEMO)/$(DEMO_PROJECT)"
	@# It takes half a second. An interrupt lets it end, since it would print a traceback, and then stops make.
	@trap '' INT; $(VENV)/bin/cookiecutter --no-input --overwrite-if-exists --output-dir $(DEMO) .

.PHONY: demo
demo: generate ## Generate a project and run its whole loop on this laptop: train, approve, release, predict, report
	@$(UV_ON_PATH) $(MAKE) --no-print-directory -C $(DEMO)/$(DEMO_PROJECT) demo

.PHONY: test
test: $(VENV)/.ready ## Lint and the template's tests, which generate projects and run their own checks
	@$(MAKE) --no-print-directory --jobs 2 lint run-tests # the first tests mostly wait for an installation

.PHONY: run-tests
run-tests: $(VENV)/.ready
	$(UV_ON_PATH) $(PY) -m pytest --numprocesses $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder

.PHONY: test-library
test-library: generate ## Types, layers and tests of the library, in a generated project (ONLY=path below tests/library)
	@rm -rf $(LIBRARY_PROJECT) && mkdir -p build && cp -R $(DEMO)/$(DEMO_PROJECT) $(LIBRARY_PROJECT) && rm -rf $(LIBRARY_PROJECT)/tests
	@$(UV_ON_PATH) $(MAKE) --no-print-directory -C $(LIBRARY_PROJECT) setup
	@sh tests/library/run.sh $(LIBRARY_PROJECT) $(ONLY)

.PHONY: mutations
mutations: generate ## Change the modules that decide, one change at a time; the library's tests must notice (ONLY=contract/gates.py)
	@rm -rf $(LIBRARY_PROJECT) && mkdir -p build && cp -R $(DEMO)/$(DEMO_PROJECT) $(LIBRARY_PROJECT)
	@$(UV_ON_PATH) $(MAKE) --no-print-directory -C $(LIBRARY_PROJECT) setup
	@$(UV_ON_PATH) $(PY) -m tests.mutations.run $(LIBRARY_PROJECT) build/mutations $(if $(ONLY),--only $(ONLY))

.PHONY: diagrams
diagrams: $(VENV)/.ready ## Draw the imports of the library and of a project's folders into docs/architecture.md
	@$(PY) -m tests.docs.import_diagram

.PHONY: verified
verified: $(VENV)/.ready ## Write docs/verified.md: what is believed about AWS and GitHub, and how well founded it is
	@$(PY) -m tests.conformance.verified

.PHONY: verify-aws
verify-aws: $(VENV)/.ready ## Ask three real sandbox accounts what we believe, and record it (ONLY=text ENDPOINT=url YES=1)
	@$(PY) -m tests.conformance.verify $(if $(ENDPOINT),--endpoint $(ENDPOINT)) $(if $(ONLY),--only $(ONLY)) $(if $(YES),--yes) $(if $(HELP),--help)

.PHONY: verify-github
verify-github: $(VENV)/.ready ## Ask GitHub in a throw-away repository what we believe, and record it (PUBLIC=1 REPOSITORY=owner/name ONLY=text YES=1)
	@$(PY) -m tests.conformance.verify_github $(if $(ENDPOINT),--endpoint $(ENDPOINT)) $(if $(REPOSITORY),--repository $(REPOSITORY)) $(if $(PUBLIC),--public) $(if $(ONLY),--only $(ONLY)) $(if $(YES),--yes) $(if $(HELP),--help)

.PHONY: lint
lint: $(VENV)/.ready ## Lint hooks, tests and packages; type tests and localcloud (the library: make test-library)
	$(VENV)/bin/ruff check . $(COPIED) packages
	$(VENV)/bin/ruff format --check . $(COPIED) packages
	$(VENV)/bin/mypy
	$(VENV)/bin/mypy --config-file packages/localcloud/pyproject.toml packages/localcloud/src/localcloud

.PHONY: format
format: $(VENV)/.ready ## Format the code and mend what the linter can mend
	$(VENV)/bin/ruff check --fix . $(COPIED) packages
	$(VENV)/bin/ruff format . $(COPIED) packages

.PHONY: bench
bench: $(VENV)/.ready ## Measure generation, local cloud, training and checks against their limits
	@$(UV_ON_PATH) $(PY) -m benchmarks.main_job

build/bench/mlflow/.ready: requirements/bench.txt | $(VENV)/.ready
	@echo "installing mlflow, the peer of the serving benchmark (650 MB)"
	@test -x build/bench/mlflow/bin/python || $(UV) venv --quiet --python $(PYTHON) build/bench/mlflow
	@$(UV) pip sync --quiet --python build/bench/mlflow/bin/python requirements/bench.txt
	@touch $@

build/bench/peers/.ready: requirements/bench-peers.txt | $(VENV)/.ready
	@echo "installing BentoML and Granian, peers of the serving benchmark"
	@test -x build/bench/peers/bin/python || $(UV) venv --quiet --python $(PYTHON) build/bench/peers
	@$(UV) pip sync --quiet --python build/bench/peers/bin/python requirements/bench-peers.txt
	@touch $@

.PHONY: bench-server
bench-server: build/bench/mlflow/.ready build/bench/peers/.ready ## Measure the inference server against mlflow, BentoML and bare handlers
	@$(UV_ON_PATH) $(PY) -m benchmarks.server

build/bench/evidently/.ready: requirements/bench-drift.txt | $(VENV)/.ready
	@echo "installing evidently, the peer of the drift benchmark (500 MB)"
	@test -x build/bench/evidently/bin/python || $(UV) venv --quiet --python $(PYTHON) build/bench/evidently
	@$(UV) pip sync --quiet --python build/bench/evidently/bin/python requirements/bench-drift.txt
	@touch $@

.PHONY: bench-drift
bench-drift: build/bench/evidently/.ready ## Measure what the monitors detect, and how fast, against evidently and Model Monitor's rule
	@$(UV_ON_PATH) $(PY) -m benchmarks.drift

.PHONY: bench-draft
bench-draft: $(VENV)/.ready ## Draft contracts from 48,000 x 15 and 1,000,000 x 100 values
	@$(UV_ON_PATH) $(PY) -m benchmarks.draft

.PHONY: bench-problems
bench-problems: $(VENV)/.ready ## Measure server and monitors for categories and numbers against two outcomes
	@$(UV_ON_PATH) $(PY) -m benchmarks.problems

.PHONY: bench-rollout
bench-rollout: $(VENV)/.ready ## Release good and bad versions under 200 requests a second on the local cloud
	@$(UV_ON_PATH) PYTHONPATH=packages/localcloud/src $(PY) -m benchmarks.rollout

LOCK = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-emit-find-links --no-header --no-annotate
.PHONY: lock
lock: | $(filter .tools/bin/uv,$(UV)) ## Lock the requirements again, here and in the generated project
	for name in bench bench-drift bench-peers mutations; do $(LOCK) requirements/$$name.in -o requirements/$$name.txt; done
	$(LOCK) --excludes packages/localcloud/excluded.in requirements/dev.in -o requirements/dev.txt
	$(UV_ON_PATH) $(MAKE) -C "$(PROJECT)" lock

.PHONY: clean
clean: ## Remove what can be made again
	rm -rf $(VENV) .tools build .pytest_cache .mypy_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
