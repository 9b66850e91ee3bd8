# make demo    set everything up and try it       make test    run every test
# make check   lint, types, import rules, migrations, tests
# make bench   the measurements in benchmarks/
# make docs    the documentation site, into build/site
# make dist    the package, into dist/            make dist-check    try it in empty environments
# make lock    write .ci/lock anew (needs uv)     make audit   what is known against what is locked
# make man     the manual page, in build/man      make pictures   the pictures of docs/moderators.md

PYTHON ?= python3
VENV ?= .venv
# Where CPU builds of PyTorch are found. Elsewhere Linux gets the build for GPUs: several GB more.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# Nothing is installed but what .ci/lock names, by its hash. Python compiles what it imports.
INSTALL := $(PIP) install --quiet --no-compile --require-hashes
DEMO := DATA_DIR=data/demo $(BIN)/tathabbat

.DEFAULT_GOAL := help
.PHONY: help demo test check lint types imports drift bench docs dist dist-check lock audit man pictures clean

help:
	@grep '^# make' Makefile | sed 's/^# //'

# Torch first and alone: its hashes are those of another index than everything else's. Its headers and
# test programs (150 MB) are for who builds extensions of it.
$(VENV)/.installed: pyproject.toml Makefile $(wildcard .ci/lock/*.txt)
	@echo "Installing into $(VENV): about 1.4 GB, a few minutes."
	@$(PYTHON) -m venv $(VENV)
	@$(INSTALL) --no-deps --index-url $(TORCH_INDEX) -r .ci/lock/torch.txt || { \
	  echo "No CPU build of PyTorch at $(TORCH_INDEX): taking the default build, which on Linux" \
	    "brings GPU libraries of several GB. TORCH_INDEX=... names another index."; \
	  $(INSTALL) -r .ci/lock/torch-default.txt; }
	@$(INSTALL) -r .ci/lock/run.txt
	@rm -rf $(VENV)/lib/python3.*/site-packages/torch/include $(VENV)/lib/python3.*/site-packages/torch/test
	@$(PIP) install --quiet --no-compile --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@$(INSTALL) -r .ci/lock/dev.txt
	@touch $@

demo: $(VENV)/.installed
	$(DEMO) db upgrade
	$(DEMO) ingest knowledge/samples/last-isis-pocket.txt examples/newsroom.jsonl --publish
	$(DEMO) reindex
	@echo; for claim in \
	  'داعش يسيطر على نصف مساحة خلافته' \
	  'خرج أكثر من 37 ألف شخص من مناطق سيطرة داعش' \
	  'ISIS is confined to 10% of the area of its caliphate' \
	  'عاجل!! الحكومة ترفع الدعم عن الطحين انشروها' \
	  'All 164 passengers of the Sahrin ferry were taken off safely' \
	  "L'âge de la retraite passera à 67 ans dès 2027 en Loumara" \
	  'ارتفع سعر القمح في الأسواق العالمية'; \
	do printf '\n> %s\n' "$$claim"; $(DEMO) check "$$claim"; done
	@if [ -t 0 ] && [ -t 1 ]; then $(DEMO) chat; else \
	  printf '\nOn a terminal the chat starts here: DATA_DIR=data/demo %s chat\n' "$(BIN)/tathabbat"; fi

# Most tests wait for other processes: four at once keep two processors busy. A file's
# tests stay together, for what they share is made once; the slowest come first, in tests/e2e.
# Files go into memory where there is room, for a disk is what databases wait for. Python keeps what
# it compiled, whatever is set: else each of the processes that tests start would compile it anew.
test: export PYTHONDONTWRITEBYTECODE :=
test: export OMP_NUM_THREADS := 1
test: $(VENV)/.installed-dev
	@folder=$$($(SCRATCH)) && chmod 755 $$folder && \
	  TMPDIR=$$folder $(BIN)/python -m pytest --numprocesses 4 --dist loadfile --no-loadscope-reorder; \
	  code=$$?; rm -rf $$folder; exit $$code

# Makes a folder for the tests, in memory if that has 4 GB free, and names it.
SCRATCH := room=$$(df -kP /dev/shm 2>/dev/null | awk 'NR == 2 { print $$4 }'); \
  if [ "$${room:-0}" -gt 4000000 ]; then mktemp -d /dev/shm/tests-XXXXXX; else mktemp -d; fi

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

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks.seed_claims
	$(BIN)/python -m benchmarks.seed_claims --file more_seed_claims.jsonl
	$(BIN)/python -m benchmarks.retrieval
	$(BIN)/python -m benchmarks.written_claims
	$(BIN)/python -m benchmarks.end_to_end --claims 1500
	$(BIN)/python -m benchmarks.agreement
	$(BIN)/python -m benchmarks.swapped_claims
	$(BIN)/python -m benchmarks.unrelated_claims
	$(BIN)/python -m benchmarks.ablation
	$(BIN)/python -m benchmarks.training.combination
	$(BIN)/python -m benchmarks.speed
	$(BIN)/python -m benchmarks.encoding
	$(BIN)/python -m benchmarks.bulk_embedding
	$(BIN)/python -m benchmarks.search
	$(BIN)/python -m benchmarks.serving
	$(BIN)/python -m benchmarks.at_size
	$(BIN)/python -m benchmarks.latency
	$(BIN)/python -m benchmarks.console
	$(BIN)/python -m benchmarks.idle_connections
	$(BIN)/python -m benchmarks.ocr
	$(BIN)/python -m benchmarks.hostile_documents
	$(BIN)/python -m benchmarks.clustering quality
	$(BIN)/python -m benchmarks.clustering speed
	$(BIN)/python -m benchmarks.clustering sizes
	$(BIN)/python -m benchmarks.inbox
	$(BIN)/python -m benchmarks.repeated_claim
	$(BIN)/python -m benchmarks.kills --talk echo --latency 0.1
	$(BIN)/python -m benchmarks.kills --longest 15
	$(BIN)/python -m benchmarks.load
	$(BIN)/python -m benchmarks.restore_kills
	$(BIN)/python -m benchmarks.fuzz --updates 100000

# What builds the site and the package needs nothing of the project and has an environment of its own.
TOOLS := build/tools
$(TOOLS)/.installed: .ci/lock/tools.txt
	@$(PYTHON) -m venv $(TOOLS)
	@$(TOOLS)/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r $<
	@touch $@

docs: $(TOOLS)/.installed
	@NO_MKDOCS_2_WARNING=1 $(TOOLS)/bin/mkdocs build --strict
	@echo "The site begins at build/site/index.html"

dist: $(TOOLS)/.installed
	@rm -rf dist
	$(TOOLS)/bin/python -m build --no-isolation

dist-check: dist $(VENV)/.installed
	$(BIN)/python .ci/dist_check.py

# Everything is locked for every platform and for Python 3.11 and later. A new release of torch needs
# the hashes of its CPU builds in .ci/lock/torch.txt, by hand: they are on TORCH_INDEX.
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-header --no-annotate
lock:
	$(LOCK) pyproject.toml --extra ocr --no-emit-package torch -o .ci/lock/run.txt
	$(LOCK) pyproject.toml --extra dev --no-emit-package torch -c .ci/lock/run.txt -o .ci/lock/dev.txt
	sed -n 's/^  "\(pymilvus==[0-9.]*\)",/\1/p' pyproject.toml | \
	  $(LOCK) - --no-config -c .ci/lock/dev.txt -o .ci/lock/milvus.txt
	sed -n 's/^  "\(ray\[client\]==[0-9.]*\)",/\1/p' pyproject.toml | \
	  $(LOCK) - --no-config -c .ci/lock/dev.txt -o .ci/lock/ray.txt
	$(LOCK) --group docs --group dist -o .ci/lock/tools.txt
	sed -n 's/^\(torch==[0-9.]*\).*/\1/p' .ci/lock/torch.txt | \
	  $(LOCK) - --no-config -c .ci/lock/run.txt -o .ci/lock/torch-default.txt

audit: $(VENV)/.installed-dev
	$(BIN)/python .ci/audit.py .ci/lock/dev.txt .ci/lock/torch.txt

man: $(VENV)/.installed
	@mkdir -p build/man
	$(BIN)/python -m bot.cli.manual > build/man/tathabbat.1

# Needs chromium, and a font with emoji (Debian: fonts-noto-color-emoji).
pictures: $(VENV)/.installed-dev
	PICTURES=$(CURDIR)/docs/pictures $(BIN)/python -m pytest --numprocesses 0 tests/e2e/test_moderators_guide.py

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
