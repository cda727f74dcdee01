"""scripts/new_event.py and events without embedded data."""

from __future__ import annotations

import importlib
from datetime import date

import pytest

from model.events.card import load_event


def load(name):
    return importlib.import_module(name)


def test_the_template_is_a_valid_card_with_the_panels_window(tmp_path, event_panel_path, capsys):
    code = load("new_event").main(
        ["2026-01-20", "--panel", str(event_panel_path), "--out", str(tmp_path / "new")]
    )
    assert code == 0
    card = load_event(tmp_path / "new" / "event.toml")
    assert card.days == (date(2026, 1, 20), date(2026, 1, 21))
    assert card.window == (date(2025, 12, 1), date(2026, 2, 10))
    assert card.panel_path is None
    assert "fit.py --event" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("day", "words"), [("2026-02-07", "not a trading day"), ("2025-10-10", "no row for 2025-10-10")]
)
def test_impossible_days_are_refused(tmp_path, event_panel_path, capsys, day, words):
    assert load("new_event").main([day, "--panel", str(event_panel_path), "--out", str(tmp_path)]) == 3
    assert words in capsys.readouterr().err


def test_a_card_is_not_overwritten(tmp_path, event_panel_path, capsys):
    arguments = ["2026-01-20", "--panel", str(event_panel_path), "--out", str(tmp_path)]
    assert load("new_event").main(arguments) == 0
    assert load("new_event").main(arguments) == 3
    assert "exists" in capsys.readouterr().err


def test_an_event_without_data_and_without_a_panel_exits_3_with_the_remedy(capsys):
    assert load("fit").main(["--event", "2025-10-10", "--dry-run"]) == 3
    assert "--panel PATH" in capsys.readouterr().err
