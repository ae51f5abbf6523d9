# SPDX-FileCopyrightText: The avepoint.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Every target sets up what it needs. Only git, make and a Python >= 3.11 with venv are required; PYTHON=/path/to/python
# selects a Python if none is found. ARGS="..." is passed to the tool.

.DEFAULT_GOAL := help
.PHONY: help setup demo test sanity units integration coverage lint format galaxy build docs bench scale soak simulator test-matrix clean
MAKEFLAGS += --no-print-directory

# Also works from a subfolder: make -C .., or make -f ../Makefile
ROOT := $(shell if [ -x hacking/run ]; then pwd -P; else git rev-parse --show-toplevel; fi)
# hacking/run SESSION... [-- ARGUMENT...] runs sessions of noxfile.py
RUN := cd "$(ROOT)" && PYTHON="$(PYTHON)" hacking/run
ARGS ?=
MATRIX ?=

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1@\2/p' "$(ROOT)/Makefile" | awk -F@ '{printf "%-20s %s\n", $$1, $$2}'

setup: ## only the virtual environment (.venv)
	@$(RUN)

demo: ## the main job against the simulator: log in, list jobs, wait for them, show what comes back
	@$(RUN) python -- tests/demo $(ARGS)

test: ## all tests and checks, with the coverage of both
	@$(RUN) integration units pages sanity lint galaxy smoke coverage

sanity: ## ansible-test sanity
	@$(RUN) sanity -- $(ARGS)

units: ## all unit tests; ARGS=FILE or FOLDER for some
	@$(RUN) units $(if $(ARGS),-- $(ARGS),pages)

integration: ## integration tests against the simulator; ARGS=TARGET for one
	@$(RUN) integration -- $(ARGS)

coverage: ## unit and integration tests, and what they cover
	@$(RUN) units integration coverage

lint: ## ruff, mypy, yamllint, ansible-lint, changelog and documentation checks
	@$(RUN) lint

format: ## let ruff format the Python code
	@$(RUN) python -- -m ruff format $(ARGS)

galaxy: ## galaxy-importer on the built tarball
	@$(RUN) galaxy

build: ## the tarball, in .build/dist
	@$(RUN) build

docs: ## the documentation as HTML, without a warning
	@$(RUN) docs -- $(ARGS)

bench: ## how long things take
	@$(RUN) python -- tests/bench $(ARGS)

scale: ## the gate over 200 tenants on 1, 2 and 4 ansible-runner workers, and with one of them killed
	@$(RUN) python -- tests/scale $(ARGS)

soak: ## an event source over 50 tenants and 20 waits for ten minutes under faults, then 500 starts; ARGS="--seconds 60" for less
	@$(RUN) python -- tests/soak $(ARGS)

simulator: ## the simulated AvePoint cloud, in the foreground
	@$(RUN) python -- tests/simulator --example $(ARGS)

test-matrix: ## sanity, units and integration on each ansible-core promised; MATRIX="oldest newest" for some
	@$(RUN) matrix $(if $(MATRIX),--tags $(MATRIX))

clean: ## remove everything that was built or downloaded
	@$(RUN) clean
