"""The scripts from the outside: exit codes, what they print."""

from __future__ import annotations

import importlib
from pathlib import Path

import pandas as pd
import pytest
from sources_support import write_sources


def call(script: str, *args: object) -> int:
    """Run `main` of a script in this process."""
    return importlib.import_module(script.removesuffix(".py")).main([str(a) for a in args])


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
    assert call("download.py", "--out", tmp_path / "d", "--endpoint", "foo") == 2
    assert "NAME=URL" in capsys.readouterr().err
    assert call("build_panel.py", "--out", "x") == 2
