"""The four scripts from the outside: help in under a second, exit codes, what they print."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from sources_support import write_sources

from model.store import PROJECT as ROOT

SCRIPTS = ("build_panel.py", "download.py", "reconcile.py", "fuzz_sources.py")


def call(script: str, *args: object) -> int:
    """Run `main` of a script in this process."""
    spec = importlib.util.spec_from_file_location(f"script_{script[:-3]}", ROOT / "scripts" / script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main([str(a) for a in args])


@pytest.mark.parametrize("script", SCRIPTS)
def test_help_is_quick(script: str) -> None:
    begin = time.perf_counter()
    path = ROOT / "scripts" / script
    out = subprocess.run([sys.executable, str(path), "--help"], capture_output=True, text=True, check=False)
    assert out.returncode == 0
    assert "usage" in out.stdout
    assert time.perf_counter() - begin < 1


def test_build_then_reconcile(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, panel, tidy = write_sources(tmp_path), tmp_path / "panel.parquet", tmp_path / "tidy.parquet"
    code = call("build_panel.py", "--sources", path, "--out", panel, "--as-of", "2026-02-06", "--tidy", tidy)
    said = capsys.readouterr().out
    assert code == 0
    assert "Optional roles supplied: funding." in said
    assert "not public yet" in said
    table = pd.read_parquet(tidy)
    wanted = {"source", "variable", "fund", "date", "value", "unit", "clock", "published_at"}
    assert wanted <= set(table.columns)
    assert table["published_at"].max() < pd.Timestamp("2026-02-07", tz="America/New_York")
    assert call("reconcile.py", panel, "--column", "flow_aa") == 0
    assert "same date" in capsys.readouterr().out


def test_exit_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_sources(tmp_path, ("price",))
    (tmp_path / "price.csv").write_text("date,px\n2026-02-05,abc\n")
    assert call("build_panel.py", "--sources", path, "--out", tmp_path / "p.parquet") == 3
    said = capsys.readouterr().err
    assert "row 2, column 'px'" in said
    assert "Remedy" in said
    assert not (tmp_path / "p.parquet").exists()
    assert call("reconcile.py", tmp_path / "none.parquet") == 3
    assert call("download.py", "--out", tmp_path / "d", "--only", "nobody") == 2
    with pytest.raises(SystemExit) as stop:
        call("build_panel.py", "--out", "x")
    assert stop.value.code == 2
