"""Scripts and imports: quick help, one importer of dowhy, files written."""

import ast
import json
import subprocess
import sys

import check_graph
import pytest

from model.store import PROJECT as ROOT


def run(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def test_dowhy_is_imported_in_one_module_only():
    importers = []
    for path in (ROOT / "model").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(n.split(".")[0] == "dowhy" for n in names):
                importers.append(path.relative_to(ROOT).as_posix())
    assert set(importers) == {"model/gate/dowhy_bridge.py"}


def test_importing_the_bridge_does_not_import_dowhy():
    """dowhy takes ten seconds and more to import: only functions import it."""
    top = ast.parse((ROOT / "model" / "gate" / "dowhy_bridge.py").read_text()).body
    imports = [ast.unparse(n) for n in top if isinstance(n, ast.Import | ast.ImportFrom)]
    assert imports
    assert not any("dowhy" in line for line in imports)


def test_unknown_graph_is_a_usage_error(capsys):
    assert check_graph.main(["--graph", "nonsense"]) == 2
    assert "edge_dropped" in capsys.readouterr().err


@pytest.mark.slow
def test_check_graph_writes_its_files(tmp_path):
    done = run("-W", "ignore", "scripts/check_graph.py", "--quick", "--out", str(tmp_path))
    assert done.returncode == 5, done.stderr
    assert "verdict: inconclusive" in done.stdout
    assert json.loads((tmp_path / "gate.json").read_text())["verdict"] == "inconclusive"
    for name in ("graph.png", "tests.png", "verdict.md", "independences.csv", "power.csv", "effects.csv"):
        assert (tmp_path / name).stat().st_size > 200, name
