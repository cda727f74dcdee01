"""The map in ARCHITECTURE.md and README agrees with the tree; the site builds without a warning; the tutorial runs."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
import tomllib
import zlib
from importlib.util import find_spec
from pathlib import Path

import pytest

from model.store import PROJECT

MODEL = PROJECT / "model"
ROOM = re.compile(r"`model/([\w.]+?)/?`")
TUTORIAL = PROJECT / "docs" / "tutorial.md"


def rooms_of_the_table() -> list[list[str]]:
    lines = (PROJECT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()
    cells = [line.split("|")[1] for line in lines if line.startswith("| `model/")]
    return [[name.removesuffix(".py") for name in ROOM.findall(cell)] for cell in cells]


def test_the_map_names_every_room_and_no_other() -> None:
    named = {name for row in rooms_of_the_table() for name in row}
    there = {p.name for p in MODEL.iterdir() if p.is_dir() and (p / "__init__.py").is_file()}
    there |= {p.stem for p in MODEL.glob("*.py")} - {"__init__"}
    assert named == there


def test_the_maps_order_is_that_of_the_import_contract() -> None:
    contracts = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
        "importlinter"
    ]["contracts"]
    layers = next(c["layers"] for c in contracts if c["type"] == "layers")
    level = {name.strip(): k for k, layer in enumerate(layers) for name in layer.split(":")}
    order = [level[name] for row in rooms_of_the_table() for name in row]
    assert order == sorted(order)


def test_the_map_fits_two_screens() -> None:
    assert len((PROJECT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()) <= 80


@pytest.mark.parametrize("page", ["ARCHITECTURE.md", "README.md"])
def test_links_lead_somewhere(page: str) -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", (PROJECT / page).read_text(encoding="utf-8"))
    assert targets
    assert [t for t in targets if not (PROJECT / t).exists()] == []


def test_readme_names_every_script() -> None:
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    absent = [
        p.name for p in (PROJECT / "scripts").glob("[!_]*.py") if p.name not in text and p.stem not in text
    ]
    assert absent == []


def test_every_room_has_a_page_in_the_reference() -> None:
    pages = {p.stem for p in (PROJECT / "docs" / "reference").glob("*.md")} - {"index", "ground"}
    assert pages | {"store", "toml_table"} == {
        p.name for p in MODEL.iterdir() if (p / "__init__.py").is_file()
    }


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if find_spec("mkdocs") is None or find_spec("mkdocstrings") is None:
        pytest.skip("mkdocs-material and mkdocstrings are not installed")
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", str(out)]
    done = subprocess.run(
        command,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return out


def test_the_site_builds_without_a_warning(site: Path) -> None:
    pages = {str(p.relative_to(site)) for p in site.rglob("*.html")}
    assert {
        "index.html",
        "tutorial.html",
        "evidence.html",
        "mathematics/model.html",
        "reference/report.html",
    } <= pages


def test_every_public_function_is_in_the_reference(site: Path) -> None:
    raw = (site / "objects.inv").read_bytes().split(b"\n", 4)[4]
    known = {line.split(" ", 1)[0] for line in zlib.decompress(raw).decode().splitlines()}
    absent = [name for name in public() if name not in known]
    assert len(known) > 1000
    assert absent == []


def public() -> list[str]:
    """Functions and classes of every module, without those that begin with an underscore."""
    out = []
    for path in sorted(MODEL.rglob("*.py")):
        parts = path.relative_to(PROJECT).with_suffix("").parts
        if any(p.startswith("_") and p != "__init__" for p in parts):
            continue
        module = ".".join(p for p in parts if p != "__init__")
        tree = ast.parse(path.read_text(encoding="utf-8"))
        out += [
            f"{module}.{node.name}"
            for node in tree.body
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
        ]
    return out


def commands() -> list[list[str]]:
    blocks = re.findall(r"```sh\n(.*?)```", TUTORIAL.read_text(encoding="utf-8"), flags=re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.strip()]
    assert all(line.startswith("uv run scripts/") for line in lines)
    return [shlex.split(line)[2:] for line in lines]


def run(command: list[str], folder: Path) -> None:
    """Run a command of the tutorial in a folder of its own, with the repository's scripts and data."""
    made = [str(PROJECT / c) if c.startswith(("scripts/", "data/")) else c for c in command]
    env = os.environ | {"PYTHONPATH": str(PROJECT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *made], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"


def test_the_tutorial_starts_as_written(tmp_path: Path) -> None:
    first, second, *rest = commands()
    assert [first[0], second[0]] == ["scripts/new_event.py", "scripts/fit.py"]
    assert second[-1] == "--dry-run"
    run(first, tmp_path)
    run(second, tmp_path)
    assert {c[0] for c in rest} >= {
        "scripts/fit.py",
        "scripts/what_if.py",
        "scripts/organic.py",
        "scripts/report.py",
    }
    assert all((PROJECT / c[0]).is_file() for c in rest)


@pytest.mark.slow
def test_the_tutorial_runs_to_its_end(tmp_path: Path) -> None:
    for command in commands():
        run(command, tmp_path)
    page = (tmp_path / "my-fit" / "report.html").read_text(encoding="utf-8")
    assert 'id="headline-sentence"' in page
    assert 'id="run-what-if-1"' in page
    assert (tmp_path / "after-my-event.toml").is_file()
