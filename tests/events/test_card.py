"""Event cards: the embedded one, and how a faulty one is refused."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest

from model.errors import DataError
from model.events.card import FOLDER, event_panel, known_events, load_event
from model.events.switches import Mechanisms


@pytest.fixture
def edited(tmp_path):
    """Write the embedded card, and its panel, with one text replaced."""

    def write(old: str = "", new: str = "") -> Path:
        folder = FOLDER / "2026-02-05"
        source = (folder / "event.toml").read_text()
        assert old in source
        path = tmp_path / "event.toml"
        path.write_text(source.replace(old, new, 1))
        (tmp_path / "panel.csv").write_bytes((folder / "panel.csv").read_bytes())
        return path

    return write


def switched(lines: str) -> str:
    """The table of mechanisms, to stand before [gate]."""
    return f"[mechanisms]\n{lines}\n[gate]"


def test_the_embedded_card():
    card = load_event("2026-02-05")
    assert card.days == (date(2026, 2, 5), date(2026, 2, 6))
    assert card.window == (date(2025, 12, 1), date(2026, 2, 27))
    assert [k.barrier for k in card.knock_ins] == [43.6, 38.5]
    assert all(k.source for k in card.knock_ins)
    assert card.gate_reason
    assert card.next_day_funds == ("ibit",)


def test_the_first_barrier_was_already_breached_on_3_february(event_panel):
    closes = event_panel.frame["etf_close"]
    barrier = load_event("2026-02-05").knock_ins[0].barrier
    assert closes.index[closes < barrier][0].date() == date(2026, 2, 3)


def test_a_card_is_found_by_id_folder_and_path():
    by_id = load_event("2026-02-05")
    assert load_event(FOLDER / "2026-02-05") == by_id
    assert load_event(FOLDER / "2026-02-05" / "event.toml") == by_id


def test_every_column_of_the_embedded_panel_has_a_source(event_panel_path):
    header = event_panel_path.read_text().splitlines()[0].split(",")
    sources = tomllib.loads((event_panel_path.parent / "sources.toml").read_text())["sources"]
    named = [c for s in sources for c in s["columns"]]
    assert sorted(named) == sorted(header[1:])
    assert all(s["name"] and s["unit"] and s["clock"] for s in sources)


def test_an_unknown_event_lists_the_known():
    assert known_events() == sorted(known_events())
    with pytest.raises(DataError, match="Known events: .*2026-02-05"):
        load_event("2026-02-31")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("barrier = 43.6", "barier = 43.6", r"line 2\d: \[\[knock_ins\]\] number 1 barier: unknown key"),
        ("width_pct = 2.0", "width_pct = 0", "positive barrier and width"),
        ("days = [2026-02-05, 2026-02-06]", "days = [2026-02-06, 2026-02-05]", r"line 6: days: .* in order"),
        ("days = [2026-02-05, 2026-02-06]", "days = [2026-02-07]", "not a trading day"),
        ("days = [2026-02-05, 2026-02-06]", "days = [2026-03-05]", "outside the window"),
        ("days = [2026-02-05, 2026-02-06]", "days = []", "one or more"),
        ("end = 2026-02-27", "end = 2025-11-30", "Give an earlier start"),
        ('next_day_funds = ["ibit"]', 'next_day_funds = ["ibti"]', "unknown fund 'ibti'"),
        ('panel = "panel.csv"', 'panel = "penal.csv"', "line 7: panel: no file"),
        ('universe = "us-spot-btc"', 'universe = "mars"', "Unknown universe 'mars'"),
        ("accept_inconclusive =", "accept =", r"line \d+: \[gate\] accept: unknown key"),
        ("[gate]", switched("late_creaton = true"), r"line 1\d: \[mechanisms\] late_creaton: unknown key"),
        ("[gate]", switched("late_creaton = true"), "Did you mean late_creation"),
        ("[gate]", switched("late_creation = 1"), r"line 1\d: \[mechanisms\] late_creation: must be true"),
        (
            "[gate]",
            switched('hedge_settlement = "off"'),
            r"\[mechanisms\] hedge_settlement: .*Write true or false",
        ),
        ("[window]", "mechanisms = true\n[window]", r"mechanisms: must be a table \[mechanisms\]"),
        ("[window]", "[windows]", r"line 12: windows: unknown key. .* mean window"),
    ],
)
def test_a_faulty_card_is_refused_with_its_line(edited, old, new, message):
    with pytest.raises(DataError, match=message):
        load_event(edited(old, new))


def test_an_unknown_key_names_the_nearest(edited):
    with pytest.raises(DataError, match="Did you mean priors"):
        load_event(edited("priors =", "prior ="))


def test_optional_keys_have_defaults(edited):
    card = load_event(edited('next_day_funds = ["ibit"]', ""))
    assert card.next_day_funds == ("ibit",)
    card = load_event(edited("accept_inconclusive", "# accept_inconclusive"))
    assert card.gate_reason is None
    assert (card.mechanisms.hedge_settlement, card.mechanisms.late_creation) == (True, False)


def test_a_card_switches_operational_shorting(edited):
    card = load_event(edited("[gate]", switched("hedge_settlement = false\nlate_creation = true")))
    assert card.mechanisms == Mechanisms(hedge_settlement=False, late_creation=True)


def test_an_event_without_a_panel_asks_for_one(edited):
    card = load_event(edited('panel = "panel.csv"', ""))
    with pytest.raises(DataError, match="--panel PATH"):
        event_panel(card)


def test_a_longer_panel_is_returned_whole(shared_panel_path):
    panel = event_panel(load_event("2026-02-05"), shared_panel_path)
    assert len(panel) == 556


def test_a_panel_that_does_not_reach_the_event_is_refused():
    with pytest.raises(DataError, match="lacks the event's day 2026-02-06"):
        event_panel(load_event("2026-02-05"), as_of="2026-02-05")


def test_a_card_names_one_book_or_several(edited, tmp_path):
    one_book = 'dealer_book = "data/books/2026-02-05.toml"'
    assert [p.name for p in load_event(edited()).dealer_books] == ["2026-02-05.toml"]
    (tmp_path / "second.toml").write_text("")
    two = load_event(edited(one_book, 'dealer_book = ["data/books/2026-02-05.toml", "second.toml"]'))
    assert [p.name for p in two.dealer_books] == ["2026-02-05.toml", "second.toml"]
    assert load_event(edited(one_book, "")).dealer_books == ()
    for text, words in (
        ('dealer_book = ["second.toml", "second.toml"]', "twice"),
        ('dealer_book = ["second.toml", "third.toml"]', "no file"),
        ("dealer_book = []", "list of texts"),
    ):
        with pytest.raises(DataError, match=words):
            load_event(edited(one_book, text))
