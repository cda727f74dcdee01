# Two commands: `make fit` runs the main job, `make test` the tests. Each installs what it needs first.
SHELL := /bin/bash
STAMP := .venv/.installed
UV_IN_VENV := .tools/bin/uv

.PHONY: fit test test-slow proofs faults lint docs install clean

fit: install
	.venv/bin/python scripts/fit.py --event 2026-02-05

test: install lint
	.venv/bin/python -m pytest -n 2 --dist loadfile

test-slow: install
	.venv/bin/python -m pytest -m slow $(SLOW)

proofs: install
	.venv/bin/python scripts/fuzz_sources.py
	.venv/bin/python scripts/prove_gate.py

faults: install
	.venv/bin/python scripts/faults.py

docs: install
	NO_MKDOCS_2_WARNING=1 .venv/bin/python -m mkdocs build --strict --quiet
	@echo "The site is in build/site/index.html"

lint: install
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

install: $(STAMP)

$(STAMP): requirements.lock pyproject.toml scripts/install.sh
	@bash scripts/install.sh
	@touch $(STAMP)

clean:
	rm -rf .venv .tools
