# The commands a person needs. Everything stays in this folder: .venv (programs), .data (the service's data),
# .cache (the tests' data). Stamps let a second run begin at once. Paths with blanks work: only relative ones are used.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run test prove fmt lint bench lock setup setup-dev clean

PORT ?= 8000
export PORT
PY := .venv/bin/python
WORKERS ?= 2

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' Makefile

run: setup ## start the platform (PORT=8000, DATABASE_URL, SEED=none|demo|eval)
	@exec $(PY) manage.py serve

test: setup-dev ## every test that is not slow
	@sh scripts/chromium.sh
	$(PY) -m pytest -m 'not slow' -n $(WORKERS) --dist loadscope

prove: setup-dev ## the long proofs
	@sh scripts/chromium.sh
	$(PY) -m pytest -m slow

fmt: setup-dev ## put the code in shape
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

lint: setup-dev ## what CI checks beside the tests
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy .
	$(PY) -m djlint --quiet --lint templates

bench: setup-dev ## measure what is promised; takes a while (ONLY="pages redemption" for some of it)
	$(PY) -m benchmarks $(ONLY)

lock: .venv/made ## resolve requirements*.in again
	.venv/bin/uv pip compile --quiet --no-header --generate-hashes --no-emit-index-url --python-version 3.11 requirements.in -o requirements.lock
	.venv/bin/uv pip compile --quiet --no-header --generate-hashes --no-emit-index-url --python-version 3.11 requirements-dev.in -o requirements-dev.lock

setup: .venv/run ## the environment of the service
setup-dev: .venv/dev ## the environment of the tests

.venv/made:
	@sh scripts/venv.sh

# What the tests need contains what the service needs, so either stamp will do for it.
.venv/run: requirements.lock | .venv/made
	@if [ -e .venv/dev ] && [ ! requirements-dev.lock -nt .venv/dev ] && [ ! requirements.lock -nt .venv/dev ]; then :; \
	else rm -f .venv/dev; .venv/bin/uv pip sync --quiet --python $(PY) requirements.lock; fi
	@touch .venv/run

.venv/dev: requirements-dev.lock requirements.lock | .venv/made
	@.venv/bin/uv pip sync --quiet --python $(PY) requirements-dev.lock
	@touch .venv/dev

clean: ## remove what can be made again; the data stays
	rm -rf .venv .cache staticfiles .mypy_cache .ruff_cache .pytest_cache
