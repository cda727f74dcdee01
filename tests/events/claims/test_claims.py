"""Claim tests on small scenes with known answers, and the shipped audit on the embedded panel."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from model.errors import DataError
from model.events.card import load_event
from model.events.claims.conditions import Condition
from model.events.claims.correlation import Correlation
from model.events.claims.figure_tests import ANY_NUMBER, Figure, FirstBelow, Rarity, Record
from model.events.claims.finding import (
    CONTRADICTED,
    NOT_IDENTIFIED,
    NOT_TESTABLE,
    SUPPORTED,
    Finding,
    Scene,
    of_probability,
)
from model.events.claims.model_tests import (
    ExpectedFlow,
    Larger,
    Largest,
    NotSupplied,
    Parameter,
    RivalClaim,
    Sign,
)
from model.events.quantities import PARTS, Quantity
from model.store import Fit
from model.studies.audit import audit, counts, write_audit

DAY = date(2026, 2, 5)
DAYS = pd.bdate_range("2026-02-02", periods=6)


def frame(**columns) -> pd.DataFrame:
    return pd.DataFrame(columns, index=DAYS[: len(next(iter(columns.values())))])


def decomposition(**shift) -> xr.Dataset:
    """Standard normal parts; ``basis=-5`` moves one part of everything on every day."""
    rng = np.random.default_rng(1)
    data = {}
    for kind, dim in (("flow_channel", "flow_part"), ("return_channel", "return_part"),
                      ("flow_trigger", "trigger"), ("return_trigger", "trigger")):  # fmt: skip
        x = rng.standard_normal((500, len(DAYS), len(PARTS[kind])))
        for part, by in shift.items():
            x[..., PARTS[kind].index(part)] += by
        data[kind] = (("sample", "date", dim), x)
    for part in PARTS["trades"]:
        data[f"latent_{part}"] = (
            ("sample", "date"),
            rng.standard_normal((500, len(DAYS))) + shift.get(part, 0.0),
        )
    data["expected_flow"] = (("sample", "date"), rng.normal(-300.0, 150.0, (500, len(DAYS))))
    data["expected_mean"] = (("sample", "date"), rng.normal(-300.0, 10.0, (500, len(DAYS))))
    coords = {"flow_part": list(PARTS["flow_channel"]), "return_part": list(PARTS["return_channel"]),
              "trigger": list(PARTS["flow_trigger"]), "date": DAYS}  # fmt: skip
    return xr.Dataset(data, coords=coords)


def scene(**shift) -> Scene:
    ds = decomposition(**shift)
    posterior = xr.Dataset({"knock_in": (("chain", "draw"), np.full((2, 50), 0.4))})
    return Scene(
        frame(price=np.ones(6)), {"vendor": ds, "next_day": ds}, {"vendor": posterior, "next_day": posterior}
    )


BASIS = Quantity("trades", "basis", (DAY,), "USD m")


# --- figures ----------------------------------------------------------------------------------------------
def test_a_range_is_compared_with_the_panels_number_and_a_slip_in_dating_is_shown():
    s = Scene(frame(flow_a=np.array([0.0, 0.0, 0.0, -175.3, 231.6])))
    f = Figure("sum", "flow_a", (DAY,), 230.0, ANY_NUMBER[1], "USD m", elsewhere=date(2026, 2, 6))
    found = f.run(s)
    assert found.verdict == CONTRADICTED
    assert "-175.3 USD m (claimed at least 230)" in found.number
    assert "does hold for 2026-02-06: 231.6" in found.reason
    assert replace(f, days=(date(2026, 2, 6),)).run(s).verdict == SUPPORTED
    assert replace(f, days=(date(2026, 2, 12),)).run(s).verdict == NOT_TESTABLE
    assert replace(f, column="nothing").run(s).verdict == NOT_TESTABLE


def test_a_number_within_the_measures_error_of_the_range_contradicts_nothing():
    s = Scene(frame(price=[100.0, 90.0, 80.0, 50.0, 54.986]))
    f = Figure("percent_change", "price", (date(2026, 2, 6),), 10.0, ANY_NUMBER[1], "%")
    assert f.run(s).verdict == CONTRADICTED
    near = replace(f, error=0.5).run(s)
    assert near.verdict == NOT_IDENTIFIED
    assert "no contradiction" in near.reason
    assert replace(f, low=9.0, error=0.5).run(s).verdict == SUPPORTED
    assert replace(f, low=11.0, error=0.5).run(s).verdict == CONTRADICTED


def test_a_missing_number_is_no_zero():
    s = Scene(frame(flow_a=[1.0, np.nan, 3.0], etf_close=[1.0, 1.0, 1.0], etf_volume=[1.0, np.nan, 1.0]))
    for measure, days in (("level", (3,)), ("sum", (2, 3)), ("change", (4,)), ("turnover", (3,))):
        f = Figure(measure, "flow_a", tuple(date(2026, 2, d) for d in days), -1.0, 1.0, "USD m")
        assert f.run(s).verdict == NOT_TESTABLE, measure


def test_changes_premium_and_turnover():
    s = Scene(frame(etf_close=[40.0, 50.0], etf_volume=[1e8, 2e8], price=[100.0, 100.0], future=[101.0, 101.0],
                    future_days=[36.5, 3.0]))  # fmt: skip
    at = (date(2026, 2, 3),)

    def value(measure, days=at):
        return Figure(measure, "etf_close", days, 0.0, 1e9, "")._value(s, days)

    assert value("percent_change") == pytest.approx(25.0)
    assert value("change") == pytest.approx(10.0)
    assert value("turnover") == pytest.approx(10.0)
    assert value("premium", (date(2026, 2, 2),)) == pytest.approx(10.0)
    assert value("premium") is None


def test_a_record_counts_the_published_one_from_before_the_panel():
    s = Scene(frame(v=[1.0, 2.0, 3.0, 30.0]))
    record = Record("v", DAY, 2.0, 16.0, 1.0, "shares")
    assert record.run(s).verdict == CONTRADICTED
    assert "1.88 times" in record.run(s).number
    assert replace(record, previous=0.0).run(s).verdict == SUPPORTED
    outflow = Record("v", DAY, 1.0, -20.0, -1.0, "USD m")
    assert "1.50 times" in outflow.run(s).number


def test_the_rarity_of_a_z_score():
    ratio = Rarity(3.5, 3.0, 9.0, 11.0, True).run(Scene(frame(v=[1.0])))
    assert ratio.verdict == CONTRADICTED
    assert "5.8 times" in ratio.number
    assert Rarity(3.5, 3.0, 0.04, 0.06, False).run(Scene(frame(v=[1.0]))).verdict == SUPPORTED


def test_correlations_are_compared_with_their_uncertainty():
    rng = np.random.default_rng(3)
    days = pd.bdate_range("2025-01-01", periods=200)
    one = rng.standard_normal(200)
    steps = pd.DataFrame(
        {"a": one, "b": one + 0.3 * rng.standard_normal(200), "c": rng.standard_normal(200)}, index=days
    )
    s = Scene(np.exp((0.01 * steps).cumsum()))
    test = Correlation("a", "b", "c", days[0].date(), days[-1].date())
    assert test.run(s).verdict == SUPPORTED
    assert replace(test, two="c", three="b").run(s).verdict == CONTRADICTED
    assert replace(test, two="c", three="c").run(s).verdict == NOT_IDENTIFIED
    assert replace(test, end=days[5].date()).run(s).verdict == NOT_TESTABLE


def test_the_first_close_below_a_level():
    s = Scene(frame(v=[45.0, 43.3, 44.0, 36.0]))
    assert FirstBelow("v", 43.6, date(2026, 2, 3), "USD").run(s).verdict == SUPPORTED
    assert FirstBelow("v", 43.6, DAY, "USD").run(s).verdict == CONTRADICTED
    assert FirstBelow("v", 50.0, DAY, "USD").run(s).verdict == NOT_TESTABLE


# --- the fit ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("shift", "verdict"), [(-5.0, SUPPORTED), (5.0, CONTRADICTED), (0.0, NOT_IDENTIFIED)]
)
def test_a_sign(shift, verdict):
    assert Sign(BASIS, "below", 0.0).run(scene(basis=shift)).verdict == verdict


def test_what_only_the_prior_says_is_not_identified():
    sure = scene(basis=-5.0)
    label = f"flow:basis:{DAY}"
    assert (
        Sign(BASIS, "below", 0.0).run(replace(sure, identified={(label, "vendor"): True})).verdict
        == SUPPORTED
    )
    blind = Sign(BASIS, "below", 0.0).run(replace(sure, identified={(label, "vendor"): False}))
    assert blind.verdict == NOT_IDENTIFIED
    assert label in blind.reason


def test_datings_that_disagree_identify_nothing():
    both = scene(basis=-5.0)
    split = replace(both, decompositions=dict(both.decompositions) | {"next_day": decomposition(basis=5.0)})
    assert Sign(BASIS, "below", 0.0).run(split).verdict == NOT_IDENTIFIED


def test_rank_comparison_expectation_and_parameter():
    q = Quantity("return_trigger", "multi_asset", (DAY,), "")
    assert Largest(q, "below").run(scene(multi_asset=-9.0)).verdict == SUPPORTED
    assert Largest(q, "below").run(scene(dealer=-9.0)).verdict == CONTRADICTED
    channel = Quantity("return_channel", "dealer", (DAY,), "")
    assert Larger(channel, "directional", "below").run(scene(dealer=-9.0)).verdict == SUPPORTED
    assert Parameter("knock_in", "above", 0.3).run(scene()).verdict == SUPPORTED
    assert Sign(replace(BASIS, days=(date(2026, 3, 5),)), "below", 0.0).run(scene()).verdict == NOT_TESTABLE


def test_a_part_that_is_largest_the_other_way_supports_nothing():
    q = Quantity("return_trigger", "multi_asset", (DAY,), "")
    pushed_up = scene(multi_asset=9.0)
    assert Largest(q, "below").run(pushed_up).verdict == CONTRADICTED
    assert Largest(q, "either").run(pushed_up).verdict == SUPPORTED
    channel = Quantity("return_channel", "dealer", (DAY,), "")
    assert Larger(channel, "directional", "below").run(scene(dealer=9.0)).verdict == CONTRADICTED
    assert "below zero and larger" in Larger(channel, "directional", "below").run(scene(dealer=9.0)).reason


def test_joined_conditions_must_hold_in_the_same_draw():
    created = Quantity("flow_channel", "dealer", (DAY,), "USD m")
    sold = Condition(Quantity("trades", "dealer", (DAY,), "USD m"), "below")
    both = scene(dealer=5.0)
    assert Sign(created, "above", 0.0).run(both).verdict == SUPPORTED
    found = Sign(created, "above", 0.0, (sold,)).run(both)
    assert found.verdict == CONTRADICTED
    assert "trades of dealer below 0 USD m, together" in found.reason
    ds = decomposition()
    alternating = np.where(np.arange(500) % 2, 1.0, -1.0)[:, None] * np.ones(len(DAYS))
    ds["latent_dealer"] = (("sample", "date"), alternating)
    ds["flow_channel"].loc[{"flow_part": "dealer"}] = alternating
    half = replace(both, decompositions={"vendor": ds})
    assert "P = 0.50" in Sign(created, "above", 0.0).run(half).number
    assert "P = 0.00" in Sign(created, "above", 0.0, (sold,)).run(half).number


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(-350.0, -250.0, SUPPORTED), (-1000.0, -500.0, NOT_IDENTIFIED), (-2000.0, -800.0, CONTRADICTED)],
)
def test_a_range_is_expected_where_the_centre_lies_and_contradicted_where_no_flow_does(low, high, verdict):
    found = ExpectedFlow(DAY, low, high).run(scene())
    assert found.verdict == verdict
    assert "P(flow in the range)" in found.number


def test_money_is_not_tested_in_shares():
    s = Scene(frame(etf_close=[40.0, 50.0, 50.0, 30.0], etf_volume=[1e8, 2e8, 1e8, 4e8]))
    assert (
        "1.20 times the record before (12 against 10 USD bn)"
        in Record("turnover", DAY, 2.0, 8.0, 1.0, "USD bn").run(s).number
    )
    assert "2.00 times" in Record("etf_volume", DAY, 2.0, 150.0, 1e-6, "million shares").run(s).number


def test_rivals_tied_better_worse_and_absent():
    def run(gain, se, holds):
        row = {"gain": gain, "gain_se": se, "weight": 0.1}
        return RivalClaim("x", holds).run(replace(scene(), rivals={"x": row})).verdict

    assert run(-20.0, 3.0, False) == SUPPORTED
    assert run(20.0, 3.0, False) == CONTRADICTED
    assert run(-3.0, 0.1, False) == NOT_IDENTIFIED
    assert run(-20.0, 15.0, False) == NOT_IDENTIFIED
    assert RivalClaim("x", True).run(scene()).verdict == NOT_TESTABLE
    failed = {"gain": -20.0, "gain_se": 3.0, "weight": 0.0, "converged": False}
    found = RivalClaim("x", False).run(replace(scene(), rivals={"x": failed}))
    assert found.verdict == NOT_IDENTIFIED
    assert "did not converge" in found.reason


def test_not_supplied_says_what_is_needed_and_notices_when_it_is_there():
    test = NotSupplied("taker side", ("extra_taker",))
    assert test.run(scene()) == Finding(NOT_TESTABLE, "", "Needs taker side.")
    assert "write a test" in test.run(replace(scene(), supplied=("extra_taker",))).reason


@pytest.mark.parametrize(
    ("p", "verdict"),
    [(0.95, SUPPORTED), (0.94, NOT_IDENTIFIED), (0.06, NOT_IDENTIFIED), (0.05, CONTRADICTED)],
)
def test_verdict_of_a_probability(p, verdict):
    assert of_probability(p) == verdict


# --- the shipped audit ------------------------------------------------------------------------------------
def test_figures_of_the_seed_on_the_embedded_panel(event_panel, tmp_path):
    claims = load_event("2026-02-05").claims
    table = audit(claims, Scene(event_panel.frame, supplied=event_panel.supplied)).set_index("key")
    verdict = table["verdict"]
    for key in ("inflow_fund", "inflow_complex", "ten_times_rarer", "volume_double",
                "volatility_collapsed", "note_barrier"):  # fmt: skip
        assert verdict[key] == CONTRADICTED, key
    for key in ("volume_record", "volume_usd", "fall", "outflow_4_feb", "z_probability", "software_fell"):
        assert verdict[key] == SUPPORTED, key
    for key in ("premium_nine", "premium_from", "rebound"):  # within the noise of the measure, or its clock
        assert verdict[key] == NOT_IDENTIFIED, key
    assert "1.28 times" in table.loc["volume_double", "number"]
    assert "4.56" in table.loc["premium_nine", "number"]
    assert table.loc["basis_rebuilt", "verdict"] == NOT_TESTABLE  # there is no fit in this scene
    written = write_audit(table.reset_index(), Fit(tmp_path, {}, xr.DataTree(), {}))
    assert all(p.is_file() for p in written)
    assert sum(counts(table).values()) == len(claims)


def test_no_claims_no_audit(event_panel):
    with pytest.raises(DataError, match="no claims"):
        audit((), Scene(event_panel.frame))


def test_a_part_that_only_the_prior_bounds_can_bound_a_claim_out():
    """Impact holds it far below the claim: not contradicted by data, and not open either."""
    from datetime import date

    from model.events.claims.finding import BOUNDED_OUT, NOT_IDENTIFIED, Scene
    from model.events.claims.model_tests import Sign
    from model.events.quantities import Quantity

    day, rng = date(2026, 2, 5), np.random.default_rng(1)
    parts = ["unattributed", "dealer"]
    values = np.stack([rng.normal(-12.0, 1.0, (400, 1)), rng.normal(-0.3, 0.4, (400, 1))], axis=2)
    ds = xr.Dataset(
        {"return_channel": (("sample", "date", "return_part"), values)},
        coords={"date": [np.datetime64("2026-02-05", "ns")], "return_part": parts},
    )
    posterior = xr.Dataset({"impact": (("chain", "draw"), np.full((1, 4), 0.5))})
    known = {("return:dealer:2026-02-05", "vendor"): False}
    scene = Scene(
        frame=pd.DataFrame(),
        decompositions={"vendor": ds},
        posteriors={"vendor": posterior},
        identified=known,
    )
    q = Quantity("return_channel", "dealer", (day,), "log-%")
    third = Sign(q, "below", -4.7).run(scene)
    assert third.verdict == BOUNDED_OUT
    assert "times as much" in third.reason
    assert "price impact" in third.reason
    assert Sign(q, "below", -0.5).run(scene).verdict == NOT_IDENTIFIED
