# Everything here sets itself up: a Python from 3.11 on, make and git are enough.
#
#   PYTHON=…  the Python to make the virtual environment with (default: the first that is new enough)
#   VENV=…    where the virtual environment lives
#   ARGS=…    more arguments for the demo, the tests or the fuzzer
#   COVER=…   what coverage is measured: core (the default), of what decides over the belt, or all,
#             which takes half as long again
#   SEED=…    what the steps of the proof are drawn from: the same number makes the same steps
#   WORKERS=… how many tests run side by side (default: three for each processor, since many wait)

VENV ?= .venv
PYTHON ?=
ARGS ?=
COVER ?= core
FUZZ_SECONDS ?= 14400
WORKERS ?= $(shell echo $$((3 * $$(getconf _NPROCESSORS_ONLN))))

BIN := $(VENV)/bin
# The less is measured, the less the tests take.
MEASURED := $(if $(filter all,$(COVER)),--cov,--cov=protocols --cov=bridge/guard --cov=bridge/values)
GUESTS := $(or $(BLUEZ),bookworm trixie)
export PYTHON
# Where the tests leave what they covered; the processes that they start are not measured.
export COVERAGE_FILE := $(abspath $(VENV))/.coverage
# The tests start many processes: none compiles again what another has compiled.
unexport PYTHONDONTWRITEBYTECODE
# Debian keeps servers such as mosquitto where an ordinary user's shell does not look.
export PATH := $(PATH):/usr/local/sbin:/usr/sbin

.DEFAULT_GOAL := help
.PHONY: help demo test test-full test-ha bluez-guest test-bluez check format docs lock upgrade clean setup-demo setup-dev setup-pyftms deb test-deb test-container day broker bus browser screenshots fuzz mutants prove soak lives bench

help: ## say what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

demo: setup-demo ## a simulated treadmill, a broker and the bridge, without any hardware
	@exec $(BIN)/treadmill-bridge demo $(ARGS)

test: broker bus browser setup-dev setup-pyftms ## all tests, with what they must cover; with ARGS only what it selects
	@# A worker that has nothing left takes tests from another: files stay together, and so their rigs.
	@# Every worker and some hundred processes load the same modules: they are compiled once.
	env -u PYTHONDONTWRITEBYTECODE PYTHONPYCACHEPREFIX=$(abspath $(VENV))/bytecode COVER=$(COVER) $(BIN)/pytest -n $(WORKERS) --dist worksteal $(MEASURED) --cov-report= $(ARGS)
ifeq ($(strip $(ARGS)),)
	@# What decides over the belt is covered whole, line and branch.
	$(BIN)/coverage report --include='protocols/*,bridge/guard/*,bridge/values/*' --fail-under=100
ifeq ($(COVER),all)
	$(BIN)/coverage report --fail-under=90
endif
endif

test-full: ## all tests, with every scenario on every machine and many more mutated timelines
	FULL=1 $(MAKE) --no-print-directory test

prove: setup-dev ## take the guard through 100,000 steps of anything, and compare it with its oracle
	HYPOTHESIS_PROFILE=nightly PROVE_SEED=$(SEED) nice $(BIN)/pytest -v -p no:randomly \
	  tests/guard/proof/test_proof.py --timeout=0 $(ARGS)

soak: setup-dev ## a year of daily runs in virtual time
	SOAK_DAYS=365 $(BIN)/pytest tests/guard/proof/test_soak.py --timeout=0 $(ARGS)

day: setup-dev ## 24 hours of the whole bridge in virtual time: memory, files and tasks stay flat
	nice $(BIN)/python -m tests.scenarios.soak $(ARGS)

lives: setup-dev ## play 500 ordinary lives on ordinary machines, and judge the guard by them
	nice $(BIN)/python -m tests.lives $(ARGS)

bench: broker bus setup-dev setup-pyftms ## measure the bridge against floors and peers, in one table
	@if [ -x .venv-pyftms/bin/python ]; then python=.venv-pyftms/bin/python; else python=$(BIN)/python; fi; \
	exec $$python -m benchmarks $(ARGS)

mutants: ## change the guard and tracking here and there, and see whether a test notices (hours; ARGS="--since main")
	@scripts/install .venv-mutants requirements/mutants.txt
	nice .venv-mutants/bin/python scripts/mutants.py $(ARGS)

fuzz: setup-dev ## feed the codec mutated frames for FUZZ_SECONDS (4 hours), from what was found before on
	mkdir -p .fuzz
	nice $(BIN)/python -m tests.fuzz.codec -max_total_time=$(FUZZ_SECONDS) -max_len=64 \
	  -artifact_prefix=.fuzz/ $(ARGS) .fuzz/corpus

test-ha: broker setup-dev ## the bridge with Home Assistant itself; needs a Python 3.13
	@BIN=$(BIN) scripts/test-home-assistant $(ARGS)

bluez-guest: setup-dev
	@scripts/guest-packages
	@$(BIN)/python -m tests.bluez.disk $(GUESTS)

test-bluez: setup-dev ## the installed service on real BlueZ, in virtual machines with Debian 12 and 13 (BLUEZ="bookworm")
	@scripts/guest-packages
	BLUEZ="$(GUESTS)" $(BIN)/pytest tests/bluez -p no:randomly -p no:xdist $(ARGS)

deb: setup-dev ## the Debian package, for amd64 and arm64, in dist (ARGS=amd64: that one alone)
	$(BIN)/python scripts/deb.py $(ARGS)

test-deb: ## try the Debian package in clean roots of Debian 12 and 13 (DEB="bookworm")
	@command -v mmdebstrap >/dev/null && command -v lintian >/dev/null || scripts/apt-install mmdebstrap lintian
	@$(MAKE) --no-print-directory deb ARGS="$$(dpkg --print-architecture)"
	scripts/test-deb $(DEB)

test-container: ## build the container image with Buildah, and run the demo in it
	@command -v mmdebstrap >/dev/null && command -v buildah >/dev/null || scripts/apt-install mmdebstrap buildah
	scripts/test-container

check: setup-dev ## style, types, import rules, lock files, and what must never be in the tree
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pip check
	$(BIN)/python scripts/lock.py --check
	scripts/check-tree

format: setup-dev ## lay the code out anew, and mend what can be mended by machine
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

screenshots: broker browser setup-dev ## take the pictures of the web page, Home Assistant and the terminal again
	SCREENSHOTS=1 $(BIN)/pytest tests/dashboard/page/test_browser.py -k screenshots $(ARGS)
	@SCREENSHOTS=1 BIN=$(BIN) scripts/test-home-assistant $(ARGS)
	VENV=$(VENV) scripts/terminal-picture

docs: setup-dev ## write the machine-readable description of the MQTT contract again
	$(BIN)/python scripts/asyncapi.py

lock: setup-dev ## write the lock files again after a change of pyproject.toml
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python scripts/lock.py $(ARGS)

upgrade: ## write the lock files with the newest versions that fit
	@$(MAKE) --no-print-directory lock ARGS=--upgrade

clean: ## remove all that was made, the virtual environments too
	rm -rf .venv .venv-* build dist htmlcov *.egg-info .coverage* .hypothesis .fuzz
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup-demo:
	@scripts/install $(VENV) requirements/demo.txt

setup-dev:
	@scripts/install $(VENV) requirements/dev.txt

# An independent client, which takes a newer Python than the bridge; without one its test is left out.
setup-pyftms:
	@if python=$$(scripts/find-python 3.12); then \
	  PYTHON="$$python" scripts/install .venv-pyftms requirements/pyftms.txt; \
	else \
	  echo "No Python from 3.12 on was found: the test with an independent client is LEFT OUT." >&2; \
	fi

broker:
	@command -v mosquitto >/dev/null || scripts/apt-install mosquitto

# The tests of BlueZ's neighbourhood talk over a message bus of their own.
bus:
	@command -v dbus-daemon >/dev/null || scripts/apt-install dbus-daemon

# The page is tested in a real browser; where there is none and none can be had, those tests are left out.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || \
	  scripts/apt-install chromium || \
	  echo "No Chromium was found: the tests of the web page in a browser are LEFT OUT." >&2
