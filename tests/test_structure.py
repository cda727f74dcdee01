"""Rules of the house: no ticker in the code, dowhy in one place, priors for every parameter."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from model.universe import load_universe

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "model").rglob("*.py"))


def imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{a.name}" for a in node.names)}
    return names


def test_only_one_module_imports_dowhy():
    users = [p.name for p in MODULES if any(n.split(".")[0] == "dowhy" for n in imported(p))]
    assert users == ["dowhy_bridge.py"]


CORE = [p for p in MODULES if "sources" not in p.parts and "dealer_book" not in p.parts]


@pytest.mark.parametrize("path", CORE, ids=lambda p: p.name)
def test_no_fund_key_is_a_string_in_the_core(path):
    keys = {k for k in load_universe("us-spot-btc").fund_keys if k != "other"}
    tree = ast.parse(path.read_text(encoding="utf-8"))
    strings = {
        n.value.lower() for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)
    }
    assert not strings & keys


LAYERS = [
    ("components", "equations"),
    ("equations", "build"),
    ("build", "fit"),
    ("ledger", "decompose"),
    ("decompose", "results"),
]


@pytest.mark.parametrize(("lower", "upper"), LAYERS)
def test_lower_layers_do_not_import_upper_ones(lower, upper):
    paths = [p for p in MODULES if p.stem == lower or lower in p.parent.parts[-1:]]
    assert paths
    for path in paths:
        assert f"model.{upper}" not in imported(path)
