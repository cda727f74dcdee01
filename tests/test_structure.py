"""Rules of the house that no linter knows: no ticker in the code. Who may import whom: ``make lint``."""

from __future__ import annotations

import ast

import pytest

from model.panel.universe import load_universe
from model.store import PROJECT as ROOT

MODULES = sorted((ROOT / "model").rglob("*.py"))


CORE = [p for p in MODULES if "sources" not in p.parts and "dealer_book" not in p.parts]


@pytest.mark.parametrize("path", CORE, ids=lambda p: p.name)
def test_no_fund_key_is_a_string_in_the_core(path):
    keys = {k for k in load_universe("us-spot-btc").fund_keys if k != "other"}
    tree = ast.parse(path.read_text(encoding="utf-8"))
    strings = {
        n.value.lower() for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)
    }
    assert not strings & keys
