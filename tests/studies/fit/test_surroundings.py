"""What a fit keeps of the panel around its days: series, weeks, barriers, the book along the path that was seen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.design.subject import Request, Subject, load_subject
from model.report.figures.surroundings import read_surroundings
from model.studies.fit.surroundings import surroundings, write_surroundings

ASKED: dict[str, Any] = {"dating": "vendor", "chains": 2, "draws": 10, "tune": 1, "seed": 1}


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    out = tmp_path_factory.mktemp("surroundings")
    return load_subject(Request(event="2026-02-05", out=out, **ASKED))


def test_series_weeks_and_factors_stand_on_the_designs_days(subject: Subject) -> None:
    found = surroundings(subject)
    design = subject.design
    assert found["dates"] == [str(d.date()) for d in design.dates]
    assert found["series"]["price"]["values"] == pytest.approx(design.price)
    assert all(len(v) == design.days for v in found["factors"].values())
    assert [w["change"] for w in found["weeks"]] == pytest.approx(design.positions)
    week = next(w for w in found["weeks"] if found["dates"][w["days"][-1]] == "2026-02-10")
    assert week["change"] == pytest.approx(-2.004 * 5, abs=1e-9)


def test_barriers_know_the_close_that_crossed_them(subject: Subject) -> None:
    first, second = surroundings(subject)["barriers"]
    assert (first["barrier"], first["crossed"], first["close"]) == (43.6, "2026-02-03", 43.3)
    assert (second["barrier"], second["crossed"]) == (38.5, "2026-02-05")


def test_the_books_knock_ins_are_small_on_the_path_that_was_seen(subject: Subject) -> None:
    (book,) = surroundings(subject)["books"]
    sold = {b["case"]: b["usd_m"] for b in book["hedging"]["breaches"]}
    assert sold["mid"] == pytest.approx(-1.9, abs=0.1)
    assert -10.0 < sold["high"] < sold["mid"]
    assert book["hedging"]["days"] == ["2026-02-05", "2026-02-06"]
    last = book["hedging"]["cases"]["mid"][-1]
    assert last["all:total"] == pytest.approx(sum(last[f"{s}:total"] for s in ("etf", "crypto", "notes")))


def test_curves_are_those_of_the_design_and_gamma_has_their_slope(subject: Subject) -> None:
    (book,) = surroundings(subject)["books"]
    r, demand = np.array(book["returns"]), np.array(book["demand"]["etf"])
    assert demand[r == 0.0] == pytest.approx(0.0, abs=1e-4)
    slope = 1e3 * (demand[r == 1.0] - demand[r == -1.0]) / 2.0
    total = sum(s["gamma"] for s in book["strikes"] if s["venue"] == "etf")
    assert total == pytest.approx(slope[0], rel=0.05)


def test_it_is_read_for_the_same_data_only(subject: Subject, tmp_path: Path) -> None:
    path = write_surroundings(subject, tmp_path)
    assert json.loads(path.read_text()) == json.loads(json.dumps(surroundings(subject), allow_nan=False))
    data = subject.panel.sha256
    assert read_surroundings(tmp_path, {"hashes": {"data": data}}) is not None
    assert read_surroundings(tmp_path, {"hashes": {"data": "other"}}) is None


def test_without_a_book_there_is_none(tmp_path: Path) -> None:
    request = Request(event="2026-02-05", out=tmp_path, book=False, **ASKED)
    assert surroundings(load_subject(request))["books"] == []
