# One command per wish. Each works alone and first: it makes .venv when it is missing.
# Needed: git, make, and Python 3.11, 3.12 or 3.13 with its venv package.

VENV := .venv
BIN := $(VENV)/bin
LAB ?= 05
WORKERS ?= 2
export TF_CPP_MIN_LOG_LEVEL ?= 3
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SECONDARY:
.NOTPARALLEL:

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

.PHONY: demo
demo: $(VENV)/.installed-core ## Grade the example submissions and say where the reports lie
	$(BIN)/course demo

.PHONY: lab
lab: $(VENV)/.installed-lab ## Open the lab in JupyterLab (another one: make lab LAB=05)
	$(BIN)/course lab $(LAB)

.PHONY: doctor
doctor: $(VENV)/.installed-core ## Say what this machine has and lacks
	$(BIN)/course doctor

.PHONY: test
test: $(VENV)/.installed-dev $(VENV)/.installed-docs ## Run the tests
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal

.PHONY: solutions
solutions: $(VENV)/.installed-dev ## Run the solution notebooks with nbval, on whatever device there is
	$(BIN)/python -m pytest --nbval-lax --nbval-current-env \
	  --nbval-cell-timeout 300 -p no:cacheprovider solutions

.PHONY: gpu-solutions
gpu-solutions: $(VENV)/.installed-gpu $(VENV)/.installed-dev ## The same; fail unless TensorFlow sees a GPU
	$(BIN)/python .ci/require_gpu.py
	$(MAKE) solutions

.PHONY: build
build: $(VENV)/.installed-dev ## Write all that is made from sources: labs, solutions, catalogs
	$(BIN)/python -m course.authoring.catalog update
	$(BIN)/python -m course.authoring.catalog
	$(BIN)/course build
	$(BIN)/python examples/make_submissions.py

.PHONY: build-check
build-check: $(VENV)/.installed-dev ## Fail when something differs from its source
	$(BIN)/course build --check
	$(BIN)/python examples/make_submissions.py --check

# The variable silences a notice of the theme's about another, later tool.
.PHONY: docs
docs: $(VENV)/.installed-docs ## Build the site into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

.PHONY: lint
lint: $(VENV)/.installed-dev ## Check the code with ruff
	$(BIN)/ruff check .

.PHONY: constraints
constraints: $(VENV)/.installed-core ## Rewrite constraints.txt with the newest versions
	$(BIN)/python -m pip install --quiet uv
	{ sed '/^[^#]/,$$d' constraints.txt && \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras \
	    --no-header --no-annotate --no-emit-index-url pyproject.toml; } > $(VENV)/new.txt
	mv $(VENV)/new.txt constraints.txt

.PHONY: clean
clean: ## Remove .venv and what the other commands made; labs stay
	rm -rf $(VENV) build dist site graded .pytest_cache .ruff_cache *.egg-info

# An interpreter is good when it has a version that the package supports and can make
# an environment with pip in it; Debian and Ubuntu put that part in a package of its
# own. The system's own python3 first: it is the one whose parts are most likely there.
$(BIN)/python:
	@fits='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))'; \
	name='import sys; print("python%d.%d" % sys.version_info[:2])'; \
	lacks=; \
	for python in $${PYTHON:-python3 python3.13 python3.12 python3.11}; do \
	  "$$python" -c "$$fits" 2>/dev/null || continue; \
	  if "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
	    echo "Making $(VENV) with $$("$$python" --version)"; \
	    "$$python" -m venv $(VENV) && exit 0; \
	    rm -rf $(VENV); exit 1; \
	  fi; \
	  lacks="$${lacks:-$$("$$python" -c "$$name")}"; \
	done; \
	if [ -n "$$lacks" ]; then \
	  echo "$$lacks is here, but cannot make an environment. On Debian or Ubuntu:" >&2; \
	  echo "  sudo apt-get install $$lacks-venv" >&2; \
	else \
	  echo "No Python 3.11, 3.12 or 3.13 found (tried $${PYTHON:-python3, python3.13, python3.12, python3.11})." >&2; \
	  echo "Install one, such as: sudo apt-get install python3 python3-venv" >&2; \
	  echo "or name one: make PYTHON=/path/to/python3.12 ..." >&2; \
	fi; exit 1

# A stamp for each set of packages, so that each is installed once, and again when
# the versions change.
$(VENV)/.installed-core: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing the course and TensorFlow into $(VENV); this takes some minutes once"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.installed-%: $(VENV)/.installed-core
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[$*]'
	@touch $@
