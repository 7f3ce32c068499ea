# Each target does its own set-up, and none installs anything twice: locks/install.py stamps .venv by the locks' hashes.

PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3.11)
ARGS ?=

RUN := .venv/bin/python
COMPILE := $(RUN) -m uv pip compile --quiet --no-cache --no-config --python-version 3.11 --generate-hashes --no-header \
	--no-annotate --no-emit-index-url --no-emit-find-links $(ARGS)

.PHONY: run test test-slow conformance check bench lock clean requirements dev

run: requirements  ## the server with the demonstration network, at http://127.0.0.1:8000 (COHORTE_PORT)
	@COHORTE_DEMO="$${COHORTE_DEMO:-1}" exec $(RUN) -m commands.serve

test: dev  ## the tests but for the slow ones, on a throw-away PostgreSQL; ARGS="-k surveys" for some of them
	@exec $(RUN) -m pytest $(ARGS)

test-slow: dev  ## the tests that take long and seldom fail: full scale, attacks, kills, more random examples
	@exec $(RUN) -m pytest -m slow $(ARGS)

conformance: dev tests/clients/node_modules  ## the server tried by clients that others wrote; needs Node 20 and npm
	@exec $(RUN) -m pytest tests/clients/against_clients.py $(ARGS)

tests/clients/node_modules: tests/clients/package-lock.json
	cd tests/clients && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

check: dev  ## style, types, the direction of imports, and that the printed schemas are up to date
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy .
	.venv/bin/lint-imports --no-logo
	$(RUN) -m commands.sdl --check

bench: dev  ## requests per second against the same answers written by hand
	@exec $(RUN) -m bench $(ARGS)

lock: dev  ## locks/*.lock from locks/*.in, keeping what is pinned; ARGS=--upgrade for the newest
	$(COMPILE) --allow-unsafe locks/boot.in -o locks/boot.lock
	$(COMPILE) --excludes locks/excludes.txt locks/requirements.in -o locks/requirements.lock
	$(COMPILE) --excludes locks/excludes.txt -c locks/requirements.lock locks/dev.in -o locks/dev.lock

clean:  ## what the other targets made, but .data: its rows may be somebody's
	rm -rf .venv .venv.lock tests/clients/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

requirements dev:
	@$(PYTHON) locks/install.py $@
