"""Rules of the house that no linter knows: no ticker in the code, no import in a function without its reason.

Who may import whom: ``make lint``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

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


SOURCES = [*MODULES, *sorted((ROOT / "scripts").glob("*.py"))]


def late_imports(text: str) -> list[tuple[int, str]]:
    """Imports inside functions that give no reason: line and statement.

    A comment on the first line of an unbroken run of imports speaks for the run.
    """
    lines, found = text.splitlines(), []
    for body in bodies(ast.parse(text)):
        told = False
        for node in body:
            if not isinstance(node, ast.Import | ast.ImportFrom):
                told = False
                continue
            told = told or "#" in lines[node.lineno - 1]
            if not told:
                found.append((node.lineno, ast.unparse(node)))
    return found


def bodies(tree: ast.Module) -> Iterable[list[ast.stmt]]:
    """Every list of statements inside a function."""
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    inside = {id(n): n for f in functions for n in ast.walk(f)}
    blocks = [getattr(n, name, None) for n in inside.values() for name in ("body", "orelse", "finalbody")]
    return [b for b in blocks if isinstance(b, list)]


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_an_import_inside_a_function_says_why(path):
    assert late_imports(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("body", "bare"),
    [
        ("import a", 1),
        ("import a  # slow", 0),
        ("import a  # slow\n    import b", 0),
        ("import a  # slow\n    x = 1\n    import b", 1),
        ("if x:\n        import a", 1),
        ("try:\n        pass\n    finally:\n        import a", 1),
    ],
)
def test_a_bare_import_is_found(body, bare):
    assert len(late_imports(f"def f(x):\n    {body}\n")) == bare
    assert late_imports("import a\nif a:\n    import b\n") == []
