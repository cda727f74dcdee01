"""Pieces survive the death of their workers, are made once, and are the same from one process or several."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from model.errors import DataError
from model.studies.pieces import Store, make_all


def square(n: int, log: str) -> pd.DataFrame:
    """A piece that notes that it was made."""
    with Path(log).open("a") as f:
        f.write(f"{n}\n")
    return pd.DataFrame({"n": [n], "square": [n * n]})


def dying(n: int, log: str) -> pd.DataFrame:
    """The same, but the worker dies the first time it begins."""
    mark = Path(log).with_name(f"tried-{n}")
    tries = len(mark.read_text()) if mark.is_file() else 0
    mark.write_text("x" * (tries + 1))
    if tries < 1:
        os._exit(1)
    return square(n, log)


def broken(n: int) -> pd.DataFrame:
    raise ValueError(f"no piece {n}")


def jobs(log: Path, work=square, count: int = 4):
    return {f"piece-{n}": (work, (n, str(log))) for n in range(count)}


def test_what_is_done_is_not_done_again(tmp_path):
    log, said = tmp_path / "log", []
    store = Store(tmp_path / "store")
    make_all({"piece-1": (square, (1, str(log)))}, store, said.append, workers=0)
    found = make_all(jobs(log), store, said.append, workers=0)
    assert sorted(log.read_text().split()) == ["0", "1", "2", "3"]
    assert [int(found[f"piece-{n}"]["square"].iloc[0]) for n in range(4)] == [0, 1, 4, 9]
    assert "4 pieces, 1 of them" in said[-4]


def test_workers_that_die_are_replaced_and_give_the_same(tmp_path):
    log = tmp_path / "log"
    found = make_all(jobs(log, dying, 2), Store(tmp_path / "many"), lambda _: None, workers=2)
    alone = make_all(jobs(log, square, 2), Store(tmp_path / "one"), lambda _: None, workers=0)
    for key, table in alone.items():
        np.testing.assert_array_equal(found[key], table)
    assert not list((tmp_path / "many").glob("*.csv.*"))


def test_a_piece_that_cannot_be_made_says_why(tmp_path):
    with pytest.raises(DataError, match="no piece 7"):
        make_all({"a": (broken, (7,))}, Store(tmp_path), lambda _: None, workers=1)
