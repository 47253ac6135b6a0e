# Every target does its own set-up. `make demo` needs Python, git and make, nothing else.
PYTHON ?= python3
ARGS ?=
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help install demo test test-full test-web lint bench statements lock vendor development browser
.NOTPARALLEL:

help:
	@echo 'make demo        a WhatsApp office hour on this machine, with simulated citizens'
	@echo 'make install     the product in .venv; then .venv/bin/sessionhours'
	@echo 'make test        all checks of behaviour but the long ones; test-full: these too'
	@echo 'make lint        style, types, vendored files'
	@echo 'make bench       speed and size, as ratios'
	@echo 'make statements  which test proves what'
	@echo 'make lock        newest versions into requirements.lock'
	@echo 'make vendor      newest browser libraries, as package.json names them, into web/vendor'

install: .venv/installed

demo: install
	@sessionhours demo $(ARGS)

# A running browser holds its thread's event loop, so what drives one runs by itself.
BROWSER := tests/browser tests/simulator/test_phone_page.py
PYTEST := python -m pytest -n 2 --dist loadfile

test: development browser test-web
	$(PYTEST) -m 'not full' $(ARGS) $(foreach path,$(BROWSER),--ignore $(path)) tests
	$(PYTEST) -m 'not full' $(ARGS) $(BROWSER)

test-full: development browser test-web
	HYPOTHESIS_PROFILE=explore $(PYTEST) $(ARGS) $(foreach path,$(BROWSER),--ignore $(path)) tests
	$(PYTEST) $(ARGS) $(BROWSER)

test-web: browser
	files=$$(find tests/web -name '*.test.js' | sort | grep .) && node --test $$files

lint: development
	@tests/setup.sh node
	ruff check
	ruff format --check
	mypy
	web/node_modules/.bin/tsc -p web/tsconfig.json
	cd web && node_modules/.bin/biome ci .
	node web/vendor.mjs && git diff --exit-code -- web/vendor web/fonts web/icons.svg
	@! git grep -nIE '(^|[^[:alnum:]_.-])/(work|root|tmp)/|https?://(registry|files|deb|security)\.|//p[y]pi\.' \
		|| { echo 'a machine path or a package host stands in a tracked file' >&2; exit 1; }

bench: development
	python -m bench $(ARGS)

statements:
	@$(PYTHON) tests/statements.py

lock:
	$(PYTHON) tests/lock.py

vendor: .venv/installed
	@tests/setup.sh node
	node web/vendor.mjs

.venv/installed: requirements.lock pyproject.toml | .venv/bin/pip
	@echo 'Setting up .venv, which takes about half a minute …'
	@sed '/^# --- postgres ---/,$$d' requirements.lock > .venv/runtime.lock
	@python -m pip install --quiet --require-hashes -r .venv/runtime.lock
	@python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

development: .venv/developing
.venv/developing: .venv/installed
	@echo 'Setting up what development needs …'
	@sed '/^# --- node ---/,$$d' requirements.lock > .venv/development.lock
	@python -m pip install --quiet --require-hashes -r .venv/development.lock
	@touch $@

browser: .venv/installed
	@tests/setup.sh node system

.venv/bin/pip:
	@tests/setup.sh python $(PYTHON)
