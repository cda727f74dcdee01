"""A stored fit is only opened with the data it was made from."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from synthetic_fit import rewrite_manifest, write_fit

from model.design.request import from_json
from model.design.subject import Request, _cut, _priors, load_subject
from model.errors import DataError, UsageError
from model.events.card import load_event
from model.studies.reopen import reopen


@pytest.fixture
def stored(tmp_path):
    """A fit folder of random numbers whose manifest names the real design."""
    folder = write_fit(tmp_path / "fit", samples=20, draws=10)
    request = Request(event="2026-02-05", out=folder)
    subject = load_subject(request)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["hashes"]["design"] = subject.design_hash
    manifest["hashes"] |= {"priors": subject.priors.sha256, "data": subject.panel.sha256}
    names = ("event", "dating", "panel", "priors", "as_of", "accept_gate", "chains", "draws", "tune", "seed")
    values = ("2026-02-05", "both", None, None, None, None, "4", "10", "10", "7")
    manifest["arguments"] = dict(zip(names, values, strict=True))
    rewrite_manifest(folder, manifest)
    return folder, manifest


def test_a_fit_is_opened_with_its_design(stored):
    opened = reopen(stored[0])
    assert opened.main == "vendor"
    assert opened.datings == ["vendor", "next_day"]
    assert opened.subject.design.days == 60


@pytest.mark.parametrize("changed", [{"mechanisms": {"late_creation": True}}, {"book": False}])
def test_a_fit_is_opened_with_its_switches(stored, changed):
    """Without its switches another design would be built, and the fit refused."""
    folder, manifest = stored
    request = Request(event="2026-02-05", out=folder, **changed)
    manifest["hashes"]["design"] = load_subject(request).design_hash
    rewrite_manifest(folder, manifest)
    with pytest.raises(DataError, match="are not those of the fit"):
        reopen(folder)
    manifest["arguments"] |= {"mechanisms": dict(request.mechanisms), "book": str(request.book)}
    rewrite_manifest(folder, manifest)
    card = reopen(folder).subject.card
    assert card.mechanisms.late_creation == request.mechanisms.get("late_creation", False)


def test_other_data_are_refused(stored):
    folder, manifest = stored
    manifest["hashes"]["design"] = "00"
    rewrite_manifest(folder, manifest)
    with pytest.raises(DataError, match="are not those of the fit"):
        reopen(folder)


def test_a_fit_knows_its_panel_and_asks_for_it_only_where_it_moved(stored, tmp_path, event_panel_path):
    folder, manifest = stored
    panel = tmp_path / "panel.csv"
    panel.write_bytes(event_panel_path.read_bytes())
    request = Request(event="2026-02-05", panel=panel, out=folder, window="card")
    manifest["arguments"] = request.to_json()
    assert manifest["arguments"]["panel"] == "../panel.csv", "the two may be moved together"
    rewrite_manifest(folder, manifest)
    assert reopen(folder).request == request
    moved = panel.rename(tmp_path / "moved.csv")
    with pytest.raises(DataError, match="is not where it was") as caught:
        reopen(folder)
    assert "--panel PATH" in caught.value.remedy
    assert reopen(folder, moved).request.panel == moved
    table = pd.read_csv(moved)
    table.assign(vix=table["vix"] * 1.05).to_csv(moved, index=False)
    with pytest.raises(DataError, match="not those of the fit"):
        reopen(folder, moved)


def test_a_fit_of_before_on_a_given_panel_asks_for_it(stored):
    folder, manifest = stored
    manifest["arguments"]["panel"] = "panel.csv"
    rewrite_manifest(folder, manifest)
    with pytest.raises(DataError, match="--panel PATH"):
        reopen(folder)


@pytest.mark.parametrize(
    ("key", "value"),
    [("chains", 1.5), ("chains", "many"), ("book", 1), ("mechanisms", ["late_creation"]), ("as_of", "soon")],
)
def test_a_damaged_request_is_a_named_error(stored, key, value):
    folder, manifest = stored
    manifest["arguments"][key] = value
    rewrite_manifest(folder, manifest)
    with pytest.raises(DataError, match=f"does not say what the fit was made from.*{key}") as caught:
        reopen(folder)
    assert caught.value.remedy


def test_a_request_comes_back_as_it_is(tmp_path, event_panel_path):
    card = event_panel_path.parent / "event.toml"
    for given in (
        {"event": "2026-02-05"},
        {
            "event": str(card),
            "panel": event_panel_path,
            "as_of": date(2026, 2, 9),
            "draws": 20,
            "book": False,
        },
        {
            "event": "2026-02-05",
            "priors": "literature",
            "mechanisms": {"late_creation": True},
            "window": "card",
        },
        {"event": "2026-02-05", "accept_gate": 'few days: "so be it"', "dating": "vendor", "draws": None},
    ):
        request = Request(out=tmp_path / "fit", **given)
        kept = json.loads(json.dumps(request.to_json()))
        assert from_json(kept, tmp_path / "fit") == request
        assert not any(str(v).startswith("/") for v in kept.values()), "all of these lie in the project"


def test_a_panel_of_several_files_is_found_file_by_file(tmp_path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("date\n")
    request = Request(
        event="2026-02-05", panel=Path(f"{tmp_path / 'a.csv'},{tmp_path / 'b.csv'}"), out=tmp_path / "f"
    )
    assert request.to_json()["panel"] == "../a.csv,../b.csv"
    assert from_json(request.to_json(), tmp_path / "f") == request
    (tmp_path / "b.csv").unlink()
    with pytest.raises(DataError, match="b.csv"):
        from_json(request.to_json(), tmp_path / "f")


def test_numbers_and_switches_of_before_are_told_from_text(tmp_path):
    before = {
        "event": "2026-02-05",
        "dating": "both",
        "panel": None,
        "chains": "4",
        "draws": "1000",
        "book": "False",
    }
    request = from_json(before, tmp_path)
    assert (request.chains, request.draws, request.book, request.seed) == (4, 1000, False, 1)


def test_a_window_cuts_the_panel_and_is_remembered(event_panel):
    card = load_event("2026-02-05")
    assert len(_cut(event_panel, card, None).frame) == len(event_panel.frame)
    assert len(_cut(event_panel, card, "card").frame) == len(event_panel.frame)
    part = _cut(event_panel, card, "2026-01-02:2026-02-13")
    assert (str(part.dates[0].date()), str(part.dates[-1].date())) == ("2026-01-02", "2026-02-13")
    for wrong in ("2026-01-02", "january:february", "2026-13-01:2026-02-01"):
        with pytest.raises(UsageError, match="no span of days"):
            _cut(event_panel, card, wrong)
    with pytest.raises(DataError, match="No rows"):
        _cut(event_panel, card, "2020-01-02:2020-02-13")


def test_a_windows_fit_uses_the_cards_priors_and_a_whole_panels_the_held_ones():
    path = load_event("2026-02-05").panel_path
    request = Request(event="2026-02-05", panel=path, out=Path("x"), window="card")
    card = load_event("2026-02-05")
    assert _priors(request, card).name == card.priors
    assert "held" in _priors(replace(request, window=None), card).name
