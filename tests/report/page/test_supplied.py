"""Inputs in use, carried and absent: told from what the fit had and what it used."""

from __future__ import annotations

from model.report.page.supplied import inputs, shorting_inputs, unread

MANIFEST = {
    "supplied": ["short", "extra_funding", "extra_perpetual_open_interest", "flow_a__b"],
    "used": ["short", "flow_a__b", "price"],
    "columns": {
        "used": ["x"],
        "carried": [],
        "spare": ["vix_close"],
        "unknown": ["dvoll (nearest known name: dvol)"],
    },
}


def titles(rows) -> str:
    return "; ".join(r["title"] for r in rows)


def test_what_is_carried_informs_nothing():
    rows = inputs(MANIFEST)
    assert titles(rows["used"]) == "Weekly futures positions; A second vendor's flows"
    assert titles(rows["carried"]) == "Perpetual funding rate; Perpetual open interest of one venue"
    assert "Liquidations" in titles(rows["absent"])
    assert "Terms and sizes of structured notes" in titles(rows["absent"])


def test_columns_that_nothing_reads_are_named():
    spare, unknown = unread(MANIFEST)
    assert "vix_close" in spare
    assert "dvoll (nearest known name: dvol)" in unknown
    assert unread({}) == []


def test_what_speaks_on_operational_shorting_is_said_as_it_is():
    assert "fails to deliver are not supplied" in shorting_inputs([])
    carried = shorting_inputs(["extra_etf_premium", "extra_short_interest"], [])
    assert "the fund's premium and its short interest are carried but used by nothing in this fit" in carried
    assert "its short volume and its fails to deliver are not supplied" in carried
    assert "the fund's premium is used" in shorting_inputs(["extra_etf_premium"], ["extra_etf_premium"])
