"""Entries of event cards: what is read, what is refused, and with which line."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest
from card_entries import CHANGE, EVIDENCE, HEAD

from model.attribution import decompose
from model.errors import DataError
from model.events.card import known_events, load_event
from model.events.claims.claim import READERS
from model.events.facts import trading_day_of
from model.events.quantities import PARTS

FIRST = HEAD.count("\n") + 1
"""Line of the first entry."""


def test_parts_are_the_decompositions():
    assert PARTS["flow_channel"] == decompose.FLOW_PARTS
    assert PARTS["return_channel"] == decompose.RETURN_PARTS
    assert PARTS["flow_trigger"] == PARTS["return_trigger"] == decompose.TRIGGERS


def test_an_entry_is_read(card_file):
    (e,) = load_event(card_file(EVIDENCE)).evidence
    assert (e.kind, e.quantity.part, e.side, e.strength, e.form) == ("sign", "basis", "below", 1.0, "joint")
    assert e.quantity.days == (date(2026, 2, 5),)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('part = "basis"', 'part = "bassis"', 7, "unknown component 'bassis'"),
        ("days = [2026-02-05]", "days = [2026-02-07]", 8, "2026-02-07 is not a trading day"),
        ("days = [2026-02-05]", "days = [2026-03-05]", 8, "outside the window"),
        ('unit = "USD m"', "", 1, "unit: is missing"),
        ('unit = "USD m"', 'unit = "log-%"', 9, "no unit of trades"),
        ('kind = "sign"', 'kind = "sing"', 5, "unknown kind"),
        ('side = "below"', 'side = "below"\nprobability = 1.0', 11, "between 0 and 1"),
        ('side = "below"', 'side = "below"\nstrength = -1', 11, "must lie in"),
        ('side = "below"', 'side = "below"\nstrenght = 1', 11, "Did you mean strength"),
        ('quantity = "trades"', 'quantity = "trade"', 6, "unknown quantity"),
    ],
)
def test_bad_evidence_is_refused_with_line_and_remedy(card_file, old, new, line, words):
    with pytest.raises(DataError, match="line") as caught:
        load_event(card_file(EVIDENCE.replace(old, new)))
    assert words in str(caught.value)
    assert f"line {FIRST + line - 1}" in str(caught.value)
    assert caught.value.remedy
    assert caught.value.exit_code == 3


def test_duplicate_evidence_is_refused_where_it_is_repeated(card_file):
    with pytest.raises(DataError, match="says the same as 'a'") as caught:
        load_event(card_file(EVIDENCE, EVIDENCE.replace('key = "a"', 'key = "b"')))
    assert f"line {FIRST + EVIDENCE.count(chr(10)) + 6}" in str(caught.value)
    with pytest.raises(DataError, match="'a' was used before"):
        load_event(card_file(EVIDENCE, EVIDENCE.replace("2026-02-05", "2026-02-06")))


def test_sources_that_differ_in_the_number_are_both_kept(card_file):
    """Whether they agree is for the weights to measure (see the tests of the evidence)."""
    other = EVIDENCE.replace('key = "a"', 'key = "b"') + "threshold = -100.0\n"
    card = load_event(card_file(EVIDENCE, other))
    assert [s.threshold for s in card.evidence] == [0.0, -100.0]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"impact"', '"impcat"', "unknown parameter 'impcat'"),
        ('unit = "log-% per USD bn on a calm day"', "", "unit: is missing"),
        ("almost_surely_above = 0.3", "almost_surely_above = 0.7", "rising with their level"),
        ("almost_surely_above = 0.3", "p150 = 0.3", "unknown level 'p150'"),
        ("almost_surely_above = 0.3, as_likely_as_not = 0.6, ", "", "two or more"),
    ],
)
def test_bad_prior_changes_are_refused(card_file, old, new, words):
    with pytest.raises(DataError, match="line") as caught:
        load_event(card_file(CHANGE.replace(old, new)))
    assert words in str(caught.value)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ('test = "figrue"', "unknown test"),
        ('test = "figure"\nmeasure = "sum"\ncolumn = "flow_nobody"\ndays = [2026-02-05]', "no column"),
        ('test = "figure"\nmeasure = "sum"\ncolumn = "flow_total"\ndays = [2026-02-05]\nat_least = 1', "unit: is missing"),
        ('test = "figure"\nmeasure = "sum"\ncolumn = "flow_total"\ndays = [2026-02-05]\nunit = "USD m"', "no range"),
        ('test = "parameter"\nparameter = "nobody"\nside = "above"', "unknown parameter"),
        ('test = "sign"\nquantity = "trades"\npart = "nobody"\ndays = [2026-02-05]', "unknown component"),
        ('test = "largest"\nquantity = "trades"\npart = "basis"\ndays = [2026-02-05]', "side: is missing"),
        ('test = "larger"\nquantity = "trades"\npart = "basis"\nthan = "dealer"\ndays = [2026-02-05]', "side: is missing"),
        ('test = "record"\ncolumn = "etf_volume"\ndays = [2026-02-05]\nprevious = 8.0\nunit = "USD bn"', "not measured in"),
        ('test = "record"\nmeasure = "turnover"\ndays = [2026-02-05]\nprevious = 8.0\nunit = "shares"', "not measured in"),
        ('test = "sign"\nquantity = "trades"\npart = "basis"\ndays = [2026-02-05]\nunit = "USD m"\nside = "above"\n'
         'also = [{ quantity = "trades", part = "dealer", days = [2026-02-05], unit = "USD m" }]', "side: is missing"),
    ],
)  # fmt: skip
def test_bad_claims_are_refused(card_file, entry, words):
    with pytest.raises(DataError, match="line") as caught:
        load_event(card_file(f'[[claims]]\nkey = "k"\ntext = "t"\nsource = "s"\n{entry}\n'))
    assert words in str(caught.value)


def test_claims_are_paraphrases(card_file):
    quoted = (
        '[[claims]]\nkey = "k"\ntext = \'he said "so"\'\nsource = "s"\ntest = "not_supplied"\nneeds = "x"\n'
    )
    with pytest.raises(DataError, match="Paraphrase"):
        load_event(card_file(quoted))


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ('off = ["dealers"]', "unknown mechanism"),
        ("", "changes nothing"),
        ("one_off = [2026-02-07]", "not a trading day"),
        ("decay_from = 2025-10-10\nhalf_life = 0", "must be positive"),
    ],
)
def test_bad_rivals_are_refused(card_file, entry, words):
    with pytest.raises(DataError, match="line") as caught:
        load_event(card_file(f'[[rivals]]\nkey = "k"\ntext = "t"\nseparated_by = "s"\n{entry}\n'))
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2025, 10, 10, 19, 59, tzinfo=UTC), date(2025, 10, 10)),
        (datetime(2025, 10, 10, 20, 0, tzinfo=UTC), date(2025, 10, 10)),
        (datetime(2025, 10, 10, 20, 50, tzinfo=UTC), date(2025, 10, 13)),
        (datetime(2026, 2, 5, 21, 0, tzinfo=UTC), date(2026, 2, 5)),
        (datetime(2026, 2, 5, 21, 1, tzinfo=UTC), date(2026, 2, 6)),
        (datetime(2025, 11, 28, 18, 30, tzinfo=UTC), date(2025, 11, 28)),
        (datetime(2025, 11, 28, 21, 1, tzinfo=UTC), date(2025, 12, 1)),
        (datetime(2026, 2, 7, 12, 0, tzinfo=UTC), date(2026, 2, 9)),
    ],
)
def test_what_happens_after_the_nav_belongs_to_the_next_trading_day(moment, day):
    assert trading_day_of(moment) == day


def test_a_fact_needs_utc(card_file):
    for at in ("2025-10-10T20:50:00", "2025-10-10T20:50:00-04:00", "2025-10-10"):
        with pytest.raises(DataError, match="must be a time in UTC"):
            load_event(card_file(f'[[facts]]\nat = {at}\ntext = "t"\nsource = "s"\n'))


def test_eight_events_with_dated_facts():
    cards = [load_event(e) for e in known_events()]
    assert len(cards) >= 8
    for card in cards:
        assert card.facts, card.id
        assert all(f.source for f in card.facts)
    october = load_event("2025-10-10")
    assert {f.trading_day for f in october.facts} == {date(2025, 10, 10), date(2025, 10, 13)}


def test_the_seed_is_covered_by_at_least_twenty_different_claims():
    claims = load_event("2026-02-05").claims
    assert len(claims) >= 20
    named = {"inflow_fund", "ten_times_rarer", "volume_double", "premium_nine", "knock_in_cluster",
             "software_over_gold", "basis_rebuilt", "no_continuation"}  # fmt: skip
    assert named <= {c.key for c in claims}
    assert {c.name for c in claims} == set(READERS)
    assert len(np.unique([c.text for c in claims])) == len(claims)


CLAIM = """\
[[claims]]
key = "c"
text = "It fell."
source = "somebody"
"""
SPAN = 'test = "correlation"\none = "etf_close"\ntwo = "factor_igv"\nthree = "factor_gld"\n'
EXPECTED = 'test = "expected_flow"\nunit = "USD m"\n'


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (f"{SPAN}days = [2026-02-05]", "first and the last day, has 1"),
        (f"{SPAN}days = [2026-02-03, 2026-02-04, 2026-02-05]", "first and the last day, has 3"),
        (f"{EXPECTED}days = [2026-02-05, 2026-02-06]\nat_least = 0", "must be one day, has 2"),
        (f"{EXPECTED}days = [2026-02-05]\nat_least = 5\nat_most = 0", "gives no range"),
        (
            'test = "figure"\nmeasure = "sum"\ncolumn = "flow_ibit"\ndays = [2026-02-05]\nat_least = 0\n'
            'unit = "USD m"\nelsewhere = 2026-02-07',
            "2026-02-07 is not a trading day",
        ),
        ('test = "rival"\nrival = "nobody"\nholds = false', "unknown rival 'nobody'"),
    ],
)
def test_bad_claims_are_refused_with_their_line(card_file, entry, words):
    with pytest.raises(DataError, match=r"line \d+") as caught:
        load_event(card_file(CLAIM + entry))
    assert words in str(caught.value)
    assert caught.value.exit_code == 3


def test_a_level_is_given_once(card_file):
    twice = CHANGE.replace("almost_surely_above = 0.3,", "almost_surely_above = 0.3, p5 = 0.2,")
    with pytest.raises(DataError, match="p5 names a level for the second time"):
        load_event(card_file(twice))
