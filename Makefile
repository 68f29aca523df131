# What there is to type. All work is done by scripts/, which need nothing but Python.
PYTHON ?= python3
PORT ?= 8000

.PHONY: help run school-login test test-quick chaos bench lint format messages guide image

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */make \1\t/'

run:  ## the whole site on this machine: make run, or make run PORT=8123
	@exec $(PYTHON) -m scripts.run_site --port "$(PORT)"

school-login:  ## beside make run: a school's own login page, to try logging in with a school account
	@exec $(PYTHON) -m scripts.school_login --port "$(PORT)"

test:  ## every check: linters, types, tests on PostgreSQL with Redis, some on SQLite
	@exec $(PYTHON) -m scripts.run_tests

test-quick:  ## the tests on SQLite alone, without browser, processes and the slow ones
	@exec $(PYTHON) -m scripts.run_tests --quick

chaos:  ## has processes, servers, disks and clocks fail under a running site: make chaos, or make chaos SEED=3 ONLY=Redis
	@exec $(PYTHON) -m scripts.run_chaos $(if $(SEED),--seed "$(SEED)") $(if $(ONLY),--only "$(ONLY)")

bench:  ## measures what the issues name: make bench, or make bench ONLY=P6 SCALE=0.01 ARGS=-v
	@exec $(PYTHON) -m bench $(if $(ONLY),--only "$(ONLY)") $(if $(SCALE),--scale "$(SCALE)") $(ARGS)

image:  ## as root: builds the container image and walks the flow in it, without a container engine
	@exec $(PYTHON) -m scripts.build_image

lint:  ## the linters and type checks alone
	@exec $(PYTHON) -m scripts.run_tests --lint

messages:  ## compiles the English texts, locale/en/LC_MESSAGES/django.po (after a first make lint)
	@.venv/bin/python -m scripts.catalogue

guide:  ## makes the pictures of docs/ anew, by the browser tests (after a first make test)
	@.venv/bin/python -m tests.guide

format:  ## writes Python and templates the way the linters want them (after a first make lint)
	@.venv/bin/ruff check --quiet --fix .
	@.venv/bin/ruff format .
	@.venv/bin/djlint --reformat --quiet templates || true  # it ends with 1 if it changed something
