"""A stored fit is only opened with the data it was made from."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from synthetic_fit import rewrite_manifest, write_fit

from model.design.subject import Request, _cut, _priors, load_subject
from model.errors import DataError, UsageError
from model.events.card import load_event
from model.studies.reopen import reopen


@pytest.fixture
def stored(tmp_path):
    """A fit folder of random numbers whose manifest names the real design."""
    folder = write_fit(tmp_path / "fit", samples=20, draws=10)
    request = Request("2026-02-05", None, folder, "both", None, None, None, 1, 1, 1, 1)
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
    request = Request("2026-02-05", None, folder, "both", None, None, None, 1, 1, 1, 1, **changed)
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


def test_a_fit_on_a_given_panel_asks_for_it(stored):
    folder, manifest = stored
    manifest["arguments"]["panel"] = "panel.csv"
    rewrite_manifest(folder, manifest)
    with pytest.raises(DataError, match="--panel PATH"):
        reopen(folder)


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
    request = Request("2026-02-05", path, Path("x"), "both", None, None, None, 1, 1, 1, 1, window="card")
    card = load_event("2026-02-05")
    assert _priors(request, card).name == card.priors
    assert "held" in _priors(replace(request, window=None), card).name
