# Each target is one printed command; VENV is made on first use.
VENV ?= .venv
PY = $(VENV)/bin/python
LQCDNN = $(VENV)/bin/lqcdnn
RUNS ?= runs
TESTS = $(PY) -m pytest -q -n auto --dist loadfile --no-loadscope-reorder

.PHONY: setup quickstart test inputs test-slow test-all faults lint types bench docs reproduction clean

$(VENV)/.ready: pyproject.toml
	python3 -m venv $(VENV)
	$(PY) -m pip install -q --disable-pip-version-check -e '.[dev]'
	touch $@

setup: $(VENV)/.ready

# train a network, run self-learning HMC with it, measure, analyse: in runs/quickstart
quickstart: setup
	mkdir -p $(RUNS)
	cd $(RUNS) && $(abspath $(LQCDNN)) generate $(CURDIR)/inputs/quickstart.toml
	cd $(RUNS) && $(abspath $(LQCDNN)) measure $(CURDIR)/inputs/quickstart.toml
	cd $(RUNS) && $(abspath $(LQCDNN)) analyze quickstart --html
	@echo "report: $(RUNS)/quickstart/analyze/report.html"

test: setup
	$(TESTS)

# every file of inputs/ from end to end, at a reduced size
inputs: setup
	$(PY) -m pytest -q -m 'inputs and not slow' tests/cli/test_inputs.py -n auto --dist worksteal

# kernels have index checks here
test-slow: setup
	LQCDNN_BOUNDS=1 $(TESTS) -m slow

# kills, failing disks, damaged and hostile files; FAULTS_MUTATIONS=1000 for a short look
faults: setup
	$(PY) -m pytest -q -m faults tests/faults -n 2 --dist worksteal

test-all: lint types test inputs test-slow faults

lint: setup
	$(PY) -m ruff check .

types: setup
	$(PY) -m mypy

bench: setup
	$(LQCDNN) bench

# pages written from the program itself
docs: setup
	$(LQCDNN) schema --reference > docs/input-reference.md

# the tables and figures of docs/reproduction.md; hours of CPU time, resumable
reproduction: setup
	$(PY) docs/reproduction --runs $(RUNS)/reproduction

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
