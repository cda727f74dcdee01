#!/usr/bin/env bash
# Install uv if it is missing, Python 3.13 if it is missing, and the locked dependencies into .venv.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { echo "install: $*" >&2; exit 1; }

# A version manager's shim may exist and still not find uv for this folder: only a uv that answers counts.
if uv --version >/dev/null 2>&1; then
  UV=uv
else
  PYTHON=$(command -v python3 || command -v python) || fail "no Python found. Install Python 3, then run make again."
  if "$PYTHON" -m pip install --quiet uv >/dev/null 2>&1 && uv --version >/dev/null 2>&1; then
    UV=uv
  else
    "$PYTHON" -m venv .tools >/dev/null 2>&1 || fail "cannot create a virtual environment with $PYTHON (on Debian: apt install python3-venv)."
    .tools/bin/python -m pip install --quiet uv || fail "cannot install uv: is the package index reachable?"
    UV=.tools/bin/uv
    echo "install: uv is in .tools/bin; put that folder on your PATH to use 'uv run' as the README writes it."
  fi
fi

"$UV" venv --quiet --allow-existing --python 3.13 .venv \
  || fail "no Python 3.13 and none could be fetched. Install Python 3.13, then run make again."
"$UV" pip sync --quiet --compile-bytecode --python .venv/bin/python --require-hashes requirements.lock \
  || fail "the locked dependencies could not be installed: is the package index reachable?"
"$UV" pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable . \
  || fail "the project itself could not be installed."
echo "install: compiling the model into this machine's caches; up to six minutes the first time ..."
.venv/bin/python scripts/warm_up.py || echo "install: not compiled now; the first fit will do it." >&2
echo "install: ready ($(.venv/bin/python --version))."
