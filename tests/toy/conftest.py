"""These tests run in a process of their own, in which the toys were registered first (tests/test_registry.py)."""

from __future__ import annotations

import sys

collect_ignore_glob = [] if "toy_registry" in sys.modules else ["test_*.py"]
