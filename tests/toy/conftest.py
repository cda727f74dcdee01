"""These tests run in a process of their own, in which the toys were registered first (tests/test_registry.py)."""

from __future__ import annotations

import sys

import pytest

collect_ignore_glob = [] if "toy_registry" in sys.modules else ["test_*.py"]


@pytest.fixture(scope="session")
def toy_fit(tmp_path_factory):
    """A fit folder of random numbers, the toys among its parts."""
    from synthetic_fit import write_fit  # after the registry

    return write_fit(tmp_path_factory.mktemp("toy") / "fit", readings=("vendor",), samples=120)
