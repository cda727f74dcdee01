"""Put and call volume from a panel moves the prior of dealers' sign, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from book_support import booked_event, next_day
from synthetic import event_design, literature

from model.dealer_book import SignPrior, load_book
from model.design.book_days import with_books
from model.design.option_flow import ROLES, OptionFlow, moved_sign, option_flow, sentence
from model.design.subject import Request, load_subject
from model.errors import DataError
from model.events.card import event_panel

EVE, DAY = "2026-02-04", "2026-02-05"


def supplied(card, changes=(), roles=ROLES):
    """The event's panel with 100 puts and 300 calls a day, but for some cells."""
    panel = event_panel(card)
    extra = {role: np.full(len(panel.frame), x) for role, x in zip(ROLES, (100.0, 300.0), strict=True)}
    frame = panel.frame.assign(**{role: extra[role] for role in roles})
    for day, role, value in changes:
        frame.loc[day, role] = value
    return panel._with(frame, panel.listed)


def test_the_days_before_the_book_and_the_event_count(card, book):
    panel = supplied(card, [(EVE, ROLES[0], 900.0)])
    for design in (event_design(), booked_event()):
        assert option_flow(panel, design) == OptionFlow(EVE, 900.0, 300.0)
    second = with_books(event_design(), panel, [next_day(book)])[0]
    assert option_flow(panel, second) == OptionFlow(DAY, 100.0, 300.0)


def test_puts_in_front_mean_dealers_short():
    """By hand: 900 puts and 300 calls move the mean by a quarter of a half."""
    before = literature()
    after = moved_sign(before, OptionFlow(EVE, 900.0, 300.0))
    assert after["dealer_sign"].args["mu"] == pytest.approx(0.125)
    assert after["dealer_sign"].args["sigma"] == before["dealer_sign"].args["sigma"]
    np.testing.assert_allclose(after["dealer_sign"].ppf([0.05, 0.95]), after["dealer_sign"].interval90)
    same = [n for n in before.parameters if n != "dealer_sign"]
    assert all(after[n] is before[n] for n in same)
    calls = moved_sign(before, OptionFlow(EVE, 300.0, 900.0))
    assert calls["dealer_sign"].args["mu"] == pytest.approx(-0.125)
    assert SignPrior().moved_by_volume(900.0, 300.0).mean == pytest.approx(0.125)


def test_not_supplied_or_missing_leaves_the_prior_as_it_is(card):
    assert option_flow(event_panel(card), event_design()) is None
    for role in ROLES:
        assert option_flow(supplied(card, [(EVE, role, np.nan)]), event_design()) is None
    assert moved_sign(literature(), None) is literature()
    assert "not supplied" in sentence(None)
    assert "900 puts and 300 calls" in sentence(OptionFlow(EVE, 900.0, 300.0))
    assert "+0.12" in sentence(OptionFlow(EVE, 900.0, 300.0))


@pytest.mark.parametrize(
    ("changes", "roles", "words"),
    [
        ((), ROLES[:1], "put volume but no call volume"),
        ((), ROLES[1:], "call volume but no put volume"),
        (((EVE, ROLES[0], -1.0),), ROLES, "Row 2026-02-04"),
        (((EVE, ROLES[0], 0.0), (EVE, ROLES[1], 0.0)), ROLES, "no volumes"),
    ],
)
def test_what_is_no_volume_is_refused(card, changes, roles, words):
    with pytest.raises(DataError, match=words):
        option_flow(supplied(card, changes, roles), event_design())


def test_a_books_own_flow_comes_first(card, book, tmp_path):
    source = card.dealer_books[0]
    (tmp_path / "markets.toml").write_bytes((source.parent / "markets.toml").read_bytes())
    file = tmp_path / "book.toml"
    text = source.read_text()
    file.write_text(text.replace("[sign.etf]\n", "[sign.etf]\nput_volume = 3.0\ncall_volume = 1.0\n"))
    stated = load_book(file)
    assert (book.flow, stated.flow) == ((), ("etf",))
    assert stated.sign["etf"].mean == pytest.approx(0.125)
    assert option_flow(supplied(card), booked_event(), [stated]) is None
    assert option_flow(supplied(card), booked_event(), [book]) is not None


def request(panel: Path | None, book: bool) -> Request:
    return Request(event="2026-02-05", panel=panel, out=Path("nowhere"), priors="literature", book=book)


@pytest.mark.parametrize("book", [True, False])
def test_columns_of_a_panel_file_reach_the_prior(card, tmp_path, book):
    table = pd.read_csv(card.panel_path)
    file = tmp_path / "panel.csv"
    table.assign(ibit_put_volume=600.0, ibit_call_volume=200.0).to_csv(file, index=False)
    with_it, without = (load_subject(request(path, book)) for path in (file, card.panel_path))
    assert with_it.option_flow == OptionFlow(EVE, 600.0, 200.0)
    assert without.option_flow is None
    assert with_it.priors["dealer_sign"].args["mu"] == pytest.approx(0.125)
    assert without.priors["dealer_sign"].args["mu"] == 0.0
    assert with_it.design_hash == without.design_hash
