# Two commands are enough: `make run` and `make test`. Each sets up what it lacks. `make help` lists the others.

PYTHON ?= python3
WORKERS ?= logical
ARGS ?=

BIN := .venv/bin
READY := .venv/.ready
PEERS_READY := .venv-peers/.ready
AUDIT_READY := .venv-audit/.ready
# What is built of the screens says itself what it was built from; a checkout scrambles times.
SCREENS := src/hourloom/web/static/dist/sources.digest
# The extension for browsers is prepared only where Node is installed.
EXTENSION_READY := $(if $(shell command -v npm),extension/node_modules/.ready)
TYPED := src tests tools hatch_build.py $(wildcard benchmarks)

# What is rewritten of each test, and compiled of each module, is kept for the next process that reads it.
export PYTHONDONTWRITEBYTECODE =

# A lock of npm must not name the registry it was made from.
export npm_config_omit_lockfile_registry_resolved = true

.DEFAULT_GOAL := help
.PHONY: help run fetch test soak setup setup-system dev check fmt openapi schema demo bench docs extension audit sbom wheel lock clean

help:            ## list these commands
	@sed -n 's/^\([a-z-]*:\)[^#]*## /  make \1 /p' $(MAKEFILE_LIST)

run: setup       ## set everything up and start Hourloom on your data
	$(BIN)/hourloom up $(ARGS)

fetch: $(PEERS_READY) $(EXTENSION_READY) setup-system  ## prepare what only the tests need

test: setup fetch  ## set everything up and run the tests (ARGS="-k name" for some)
	HOURLOOM_PEERS_PYTHON="$(CURDIR)/.venv-peers/bin/python" \
	    $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

soak: setup $(PEERS_READY) $(EXTENSION_READY)  ## run the long tests
	@$(PYTHON) tools/setup_system.py soak
	HOURLOOM_PEERS_PYTHON="$(CURDIR)/.venv-peers/bin/python" \
	    $(BIN)/python -m pytest -m soak --timeout 3600 $(ARGS)

setup: $(READY) $(SCREENS)  ## prepare .venv and the screens, start nothing

setup-system:    ## install the programs that the tests drive (root on Debian; ARGS=soak adds whole desktops)
	@$(PYTHON) tools/setup_system.py $(filter soak,$(ARGS))

dev: setup       ## serve on test data, again after each change of the source
	$(BIN)/python tools/dev.py $(or $(ARGS),--testing)

check: setup     ## lint, types, import contracts, generated files, SQL, and that all tests can be read
	@$(BIN)/python tools/at_once.py \
	    "$(BIN)/python -m mypy $(TYPED)" \
	    "env HOURLOOM_NO_SKIPS= $(BIN)/python -m pytest --collect-only -qq" \
	    "$(BIN)/python -m ruff check ." \
	    "$(BIN)/python -m ruff format --check ." \
	    "$(BIN)/lint-imports" \
	    "$(BIN)/python -m hourloom.db.snapshot --check" \
	    "$(BIN)/python tools/openapi.py --check" \
	    "$(BIN)/python tools/links.py" \
	    "$(BIN)/python -m hourloom.db.check" \
	    $(if $(shell command -v npm),"npm --prefix ui run check" "npm --prefix ui test" "$(BIN)/python tools/ui_client.py")

fmt: $(READY)    ## format the source and apply the safe fixes
	$(BIN)/python -m ruff check --fix .
	$(BIN)/python -m ruff format .

openapi: $(READY)  ## write docs/openapi.json
	$(BIN)/python tools/openapi.py

schema: $(READY)  ## write the schema snapshots of both databases
	$(BIN)/python -m hourloom.db.snapshot

demo: setup      ## serve four made-up weeks on a data directory of their own
	$(BIN)/hourloom demo $(ARGS)

bench: setup $(PEERS_READY)  ## measure, and append to the history
	HOURLOOM_PEERS_PYTHON="$(CURDIR)/.venv-peers/bin/python" $(BIN)/python -m benchmarks $(ARGS)

docs: openapi    ## write the generated pages and check the links between all pages
	$(BIN)/python tools/links.py

extension: $(EXTENSION_READY)  ## build dist/hourloom-{chromium,firefox}.zip, the extension for browsers; needs npm
	node extension/build.mjs --pack dist

audit: setup $(AUDIT_READY)  ## look for known holes in what we use; needs the Internet
	$(BIN)/python tools/audit.py .venv-audit/bin/python

sbom: setup      ## write the list of what Hourloom consists of to dist/
	$(BIN)/python tools/sbom.py

wheel: setup     ## build dist/*.whl: Hourloom, and its client for other programs
	$(BIN)/python -m hatchling build -t wheel
	cd packaging/sdk && $(CURDIR)/$(BIN)/python -m hatchling build -t wheel -d $(CURDIR)/dist

lock: $(READY)   ## resolve the requirements again (ARGS=--upgrade for newer versions)
	$(BIN)/python tools/lock.py $(ARGS)

clean:           ## remove what make made, never your data
	rm -rf .venv .venv-peers .venv-audit dist ui/node_modules extension/node_modules extension/build
	rm -rf src/hourloom/web/static/dist
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements/dev.txt requirements/uv.txt pyproject.toml tools/setup_venv.py
	@$(PYTHON) tools/setup_venv.py .venv requirements/dev.txt --project
	@touch $@

$(AUDIT_READY): requirements/audit.txt requirements/uv.txt tools/setup_venv.py
	@$(PYTHON) tools/setup_venv.py .venv-audit requirements/audit.txt
	@touch $@

$(PEERS_READY): requirements/peers.txt requirements/uv.txt tools/setup_venv.py
	@$(PYTHON) tools/setup_venv.py .venv-peers requirements/peers.txt
	@touch $@

$(SCREENS): $(READY) FORCE
	@$(BIN)/python hatch_build.py

FORCE:

extension/node_modules/.ready: extension/package.json extension/package-lock.json
	npm --prefix extension ci --no-fund --no-audit --ignore-scripts
	@touch $@
