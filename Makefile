# make demo    set everything up and try it       make test    run every test
# make check   lint, types, import rules, migrations, tests
# make bench   the measurements in benchmarks/

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
DEMO := DATA_DIR=data/demo $(BIN)/tathabbat

.DEFAULT_GOAL := help
.PHONY: help demo test check lint types imports drift bench clean

help:
	@grep '^# make' Makefile | sed 's/^# //'

# Torch first and alone: its own build for this platform satisfies whatever asks for it later.
$(VENV)/.installed: pyproject.toml .ci/constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet -c .ci/constraints.txt torch==2.13.0
	$(PIP) install --quiet -c .ci/constraints.txt -e .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(PIP) install --quiet -c .ci/constraints.txt -e '.[test]'
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed-test
	$(PIP) install --quiet -c .ci/constraints.txt -e '.[dev]'
	@touch $@

demo: $(VENV)/.installed
	$(DEMO) db upgrade
	$(DEMO) ingest knowledge/samples/last-isis-pocket.txt --publish
	$(DEMO) reindex
	@echo; for claim in \
	  'داعش يسيطر على نصف مساحة خلافته' \
	  'خرج أكثر من 37 ألف شخص من مناطق سيطرة داعش' \
	  'ISIS is confined to 10% of the area of its caliphate' \
	  'ارتفع سعر القمح في الأسواق العالمية'; \
	do printf '\n> %s\n' "$$claim"; $(DEMO) check "$$claim"; done
	@if [ -t 0 ] && [ -t 1 ]; then $(DEMO) chat; else \
	  printf '\nOn a terminal the chat starts here: DATA_DIR=data/demo %s chat\n' "$(BIN)/tathabbat"; fi

# Most tests wait for other processes: two at once take half as long on two processors. A file's
# tests stay together, for what they share is made once.
test: $(VENV)/.installed-test
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy

imports: $(VENV)/.installed-dev
	$(BIN)/lint-imports

drift: $(VENV)/.installed-dev
	@folder=$$(mktemp -d) && export DATA_DIR=$$folder && \
	  $(BIN)/tathabbat db upgrade && $(BIN)/tathabbat db check; code=$$?; rm -rf $$folder; exit $$code

check: lint types imports drift test

bench: $(VENV)/.installed-test
	$(BIN)/python -m benchmarks.seed_claims
	$(BIN)/python -m benchmarks.seed_claims --file more_seed_claims.jsonl
	$(BIN)/python -m benchmarks.retrieval
	$(BIN)/python -m benchmarks.relevance
	$(BIN)/python -m benchmarks.agreement
	$(BIN)/python -m benchmarks.swapped_claims
	$(BIN)/python -m benchmarks.unrelated_claims
	$(BIN)/python -m benchmarks.ablation
	$(BIN)/python -m benchmarks.training.combination
	$(BIN)/python -m benchmarks.speed
	$(BIN)/python -m benchmarks.encoding
	$(BIN)/python -m benchmarks.search
	$(BIN)/python -m benchmarks.serving
	$(BIN)/python -m benchmarks.at_size
	$(BIN)/python -m benchmarks.latency
	$(BIN)/python -m benchmarks.console
	$(BIN)/python -m benchmarks.ocr
	$(BIN)/python -m benchmarks.clustering quality
	$(BIN)/python -m benchmarks.inbox
	$(BIN)/python -m benchmarks.load
	$(BIN)/python -m benchmarks.restore_kills
	$(BIN)/python -m benchmarks.fuzz --updates 100000

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache
