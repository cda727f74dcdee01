"""Rival stories: variants switch off what they say, densities are densities, comparisons have known answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import pytest
from book_support import booked_event
from scipy import stats
from synthetic import EVENT, event_design, literature

from model.attribution.decompose import FLOW_PARTS, decompose
from model.attribution.ledger import make_ledger
from model.dealer_book import load_book
from model.design.book_days import with_books
from model.errors import PriorError
from model.events.card import event_panel, load_event
from model.events.rival import MECHANISMS, SILENCED, Rival
from model.inference.arrays import arrays
from model.inference.draws import one, posterior_latents, prior_draws
from model.inference.inputs import evaluate
from model.inference.sample import Diagnostics, Settings
from model.mechanisms.components.base import NOTHING
from model.mechanisms.day import shock_groups
from model.panel.universe import load_universe
from model.priors.correlated import Entry, learn
from model.priors.prior_set import load_priors
from model.priors.vary import widened
from model.studies.evidence.weights import importance_weights
from model.studies.rivals import score
from model.studies.rivals.compare import Scored, compare
from model.studies.rivals.factors import Pair, meaningful, some, switched_off
from model.studies.rivals.kept import keep, kept, signature
from model.studies.rivals.score import _normal, day_densities
from model.studies.rivals.sensitivity import (
    BASE,
    GROUPS,
    Split,
    _trust,
    changed,
    log_prior,
    quantiles,
    ranges,
    table,
)
from model.studies.rivals.variants import (
    ONE_OFF_SD,
    of_rival,
    of_sign,
    off_parameters,
    without_seed,
)

SHARES = np.array([f.base_share for f in load_universe("us-spot-btc").funds])


def drawn(priors, design, count=200):
    return prior_draws(priors, design, SHARES, count, 7)


@cache
def own():
    return drawn(literature(), event_design())


@cache
def densities():
    return day_densities(own(), event_design(), True, 1)


# --- variants ---------------------------------------------------------------------------------------------
def test_every_mechanism_can_be_switched_off():
    assert set(SILENCED) == set(MECHANISMS)


def test_without_dealers_their_trades_vanish():
    design, priors = of_rival(Rival("r", "", "", off=("dealer",)), event_design(), literature())
    d = drawn(priors, design, 20)
    latents, flows = posterior_latents(d, design, True, 1)
    parts = decompose(d, latents, flows, design, 1)
    assert np.abs(parts.trades["dealer"]).max() < 0.01
    assert np.abs(parts.flow_channel[..., FLOW_PARTS.index("dealer")]).max() < 0.01


def test_without_dealers_the_dealer_book_goes_too():
    """The book is data: switching off priors alone left its hedges on the event's day."""
    booked = booked_event()
    design, priors = of_rival(Rival("r", "", "", off=("dealer",)), booked, literature())
    assert booked.book is not None
    assert design.book is None
    d = drawn(priors, design, 20)
    latents, flows = posterior_latents(d, design, True, 1)
    assert np.abs(decompose(d, latents, flows, design, 1).trades["dealer"]).max() < 0.01
    kept = posterior_latents(d, booked, True, 1)
    assert np.abs(decompose(d, *kept, booked, 1).trades["dealer"]).max() > 0.05


def test_crypto_native_knows_neither_stress_nor_other_assets():
    rival = Rival("r", "", "", off=("multi_asset", "common_factor"))
    design, priors = of_rival(rival, event_design(), literature())
    d = drawn(priors, design, 50)
    for name in ("stress_flow", "basket_flow", "factor_beta"):
        assert np.abs(d[name]).max() < 1e-3
    assert d["multi_asset_share"].max() < 0.02


def test_a_single_fund_has_its_own_day_and_a_decay_starts_after_october():
    rival = Rival("r", "", "", one_off=(date(2026, 2, 5),), decay_from=date(2025, 10, 13), half_life=20.0)
    design, priors = of_rival(rival, event_design(), literature())
    assert design.factors[-1] == "decay"
    decay = design.factor_returns[:, -1]
    assert np.flatnonzero(design.one_off).tolist() == [min(design.event_days)]
    assert design.one_off.sum() == ONE_OFF_SD
    assert np.flatnonzero(np.isnan(design.iv_change)).tolist() == [min(design.event_days)]
    assert (np.diff(np.abs(decay)) < 0.0).all()
    assert (decay < 0.0).all()
    np.testing.assert_array_equal(design.basket, event_design().basket)
    assert drawn(priors, design, 5)["factor_beta"].shape == (5, 4)


def test_spreads_are_doubled():
    wide = widened(literature(), 2.0)
    for name, prior in literature().parameters.items():
        if prior.dist in ("Normal", "HalfNormal"):
            assert wide[name].frozen().std() == pytest.approx(2.0 * prior.frozen().std())
    assert wide["impact"].args["sigma"] == pytest.approx(1.2)
    assert wide["factor_beta"].items["igv"].args["sigma"] == pytest.approx(0.8)
    assert wide["hedged_share"].frozen().std() > 1.3 * literature()["hedged_share"].frozen().std()
    assert min(wide["kernel"].args["a"]) >= 1.0


def test_signs_and_the_seed():
    for sign in ("dealer_sign", "crypto_sign"):
        assert of_sign(literature(), 1.0)[sign].ppf(0.0) == 0.0
        assert of_sign(literature(), -1.0)[sign].ppf(1.0) == 0.0
    priors, design = without_seed(literature(), event_design())
    assert not any("seed" in p.source.lower() for p in priors.parameters.values())
    assert not any("seed" in i.source.lower() for p in priors.parameters.values() for i in p.items.values())
    assert design.live.sum() == 0.0
    assert changed("wide", literature(), event_design())[0].sha256 != literature().sha256


def test_the_seed_is_found_in_a_learned_set_through_its_ancestor():
    """A learned set names days as its source, so looking for the word alone changed nothing."""
    learned = load_priors("baseline-2024-2025")
    assert not any("seed" in p.source.lower() for p in learned.parameters.values())
    free, _ = without_seed(learned, event_design())
    assert free["premium_impact"].args == {"mu": 0.0, "sigma": 2.0 * learned["premium_impact"].args["sigma"]}
    assert set(free["factor_beta"].items) == set(learned["factor_beta"].items) - {"igv", "gld"}
    assert free["impact"] == learned["impact"]


def test_the_seeds_entries_leave_the_book():
    (path,) = load_event(EVENT).dealer_books
    book, free = load_book(path), load_book(path, without=("seed",))
    assert (len(book.notes), len(free.notes)) == (2, 0)
    assert (len(book.crypto) > 0, len(free.crypto)) == (True, 0)
    assert len(free.etf) == len(book.etf)
    assert "seed" not in {p.status for p in free.provenance}
    design, _ = with_books(event_design(), event_panel(load_event(EVENT)), [free])
    assert np.abs(design.book_knots[:, 1:]).max() == 0.0
    assert np.abs(design.book_knots[:, 0]).max() > 0.0


def test_correlated_priors_are_refused():
    joint = learn(
        {"impact": np.random.default_rng(0).exponential(size=99)}, (Entry("impact", "log"),), 1.0, {}
    )
    with pytest.raises(PriorError, match="cannot be changed one by one"):
        widened(replace(literature(), joint=joint), 2.0)


def whole_days():
    """The event without opens and taker flow: one equation a day."""
    return replace(event_design(), measured={}, night_factors=np.zeros((0, 0)))


# --- densities --------------------------------------------------------------------------------------------
def test_the_bivariate_normal_is_scipys():
    cov = np.array([[2.0, 0.7], [0.7, 1.5]])
    want = stats.multivariate_normal([0, 0], cov).logpdf([0.3, -1.2])
    assert _normal(np.array(0.3), np.array(-1.2), 2.0, 1.5, 0.7) == pytest.approx(want)


def test_the_density_summed_over_one_flow_is_the_density_of_the_return():
    """Move one day's unexplained flow over a grid: what remains is the closed-form density of the return."""
    design, t, d = whole_days(), 30, {k: v[:3] for k, v in own().items()}
    latents = np.zeros((3, design.days, len(shock_groups()) + 1))
    flows = np.nan_to_num(design.flows)

    def log_density(step):
        moved = flows.copy()
        moved[t, 0] += step
        return score.densities_of(d, design, latents, moved[None], 1).both[:, t]

    steps = np.linspace(-8.0, 8.0, 161)
    summed = np.log(np.trapezoid(np.exp([log_density(x) for x in steps]), steps, axis=0))
    book = make_ledger(d, latents, flows[None], design, np.random.default_rng(1))
    p = {k: (v[:, None] if v.ndim == 1 else v) for k, v in d.items()}
    gap, _ = score._surprises(p, book, latents)
    nodes, w = np.polynomial.hermite_e.hermegauss(score.NODES)
    wild = np.exp(p["iv_day"] * p["return_tail"] * nodes[:, None, None])
    seen = stats.t.pdf(book.state.iv_shock / (p["iv_scale"] * wild), p["iv_tail"]) / wild
    joint = w[:, None, None] * seen
    by_scale = joint / joint.sum(axis=0)
    terms = [
        wa * wb / w.sum() * stats.norm.pdf(gap, 0.0, np.sqrt(score._covariance(d, p, book, design, a, b)[0]))
        for a, wa in zip(nodes, by_scale, strict=True)
        for b, wb in zip(nodes, w, strict=True)
    ]
    closed = np.log(np.sum(terms, axis=0)) + np.log(score._jacobian(p, book, design))
    np.testing.assert_allclose(summed, closed[:, t], atol=0.02)
    alone = score.densities_of(d, design, latents, flows[None], 1).price[:, t]
    np.testing.assert_allclose(alone, closed[:, t], atol=1e-9)


def test_every_day_has_a_density_and_missing_prints_have_none():
    design = event_design()
    assert densities().shape == (200, design.days - 2)
    assert np.isfinite(densities()).all()
    flows = design.flows.copy()
    flows[20, 1] = np.nan
    gap = day_densities({k: v[:5] for k, v in own().items()}, replace(design, flows=flows), True, 1)
    assert np.isnan(gap[:, 18]).all()
    assert np.isfinite(np.delete(gap, 18, axis=1)).all()


# --- comparisons ------------------------------------------------------------------------------------------
def stories(gap):
    """Two stories whose densities differ by ``gap`` nats a day, with noise over days."""
    rng = np.random.default_rng(2)
    base = rng.normal(-2.0, 0.05, (400, 60))
    other = base + gap + 0.05 * rng.standard_normal(60)
    return [Scored("model", "", "", {}, base), Scored("rival", "", "other data", {}, other)]


@pytest.mark.parametrize(("gap", "tied", "sign"), [(0.0, True, 0), (-0.5, False, -1), (0.5, False, 1)])
def test_better_worse_and_tied(gap, tied, sign):
    model, rival = compare(stories(gap), np.array([40, 41]))
    assert model["gain"] == 0.0
    assert rival["tied"] is tied
    if sign:
        assert np.sign(rival["gain"]) == sign
        assert rival["gain"] == pytest.approx(60 * gap, abs=1.5)
        assert rival["event_gain"] == pytest.approx(2 * gap, abs=0.5)
        assert (rival["weight"] > 0.9) == (sign > 0)
    assert model["weight"] + rival["weight"] == pytest.approx(1.0, abs=1e-3)


def test_the_gain_is_split_into_event_and_other_days_and_has_a_monte_carlo_error():
    dates = pd.bdate_range("2026-01-01", periods=60)
    model, rival = compare(stories(-0.5), np.array([40, 41]), dates)
    assert rival["gain"] == pytest.approx(rival["event_gain"] + rival["rest_gain"])
    assert 0.0 < rival["gain_mc"] < 1.0
    assert model["gain_mc"] == 0.0
    assert rival["bad_days"] == []
    wild = stories(0.0)[1].log_density.copy()
    wild[0, 40] -= 30.0
    bad = compare([stories(0.0)[0], replace(stories(0.0)[1], log_density=wild)], np.array([40]), dates)[1]
    assert bad["bad_days"] == [str(dates[40].date())]
    assert bad["pareto_k_event"] == bad["pareto_k_max"] > 0.7


def test_a_factor_of_a_mechanism_that_is_off_already_is_nothing():
    """Both likelihoods are the same where the model's own parameters are near nothing."""
    design, rival = event_design(), Rival("r", "", "", off=("multi_asset",))
    names = off_parameters(rival)
    d = switched_off(some(own()), names, len(design.factors))
    pair = Pair(d, d, design, design, names, True)
    assert pair.log_factor().value == pytest.approx(0.0, abs=1e-3)


def test_switching_off_keeps_a_rivals_own_regressors_and_what_enters_no_likelihood():
    d = {"factor_beta": np.ones((4, 5)), "gamma_scale": np.ones(4), "multi_asset_share": np.ones(4)}
    off = switched_off(d, ("factor_beta", "gamma_scale", "multi_asset_share"), 3)
    np.testing.assert_array_equal(off["factor_beta"][0], [0.0, 0.0, 0.0, 1.0, 1.0])
    assert (off["gamma_scale"] == NOTHING).all()
    assert (off["multi_asset_share"] == 1.0).all()
    assert not meaningful(Rival("r", "", "", one_off=(date(2026, 2, 5),)))


def test_a_storys_regressor_moves_the_session_of_a_day_whose_open_is_known():
    """With opening prices, too, a rival's regressor is one factor more, with nothing before the open."""
    base = event_design()
    night = replace(
        base,
        measured={"overnight": 0.6 * base.returns},
        night_factors=0.5 * base.factor_returns,
    )
    design, priors = of_rival(Rival("r", "", "", decay_from=date(2026, 2, 5)), night, literature())
    added = len(design.factors) - len(base.factors)
    assert added > 0
    d = drawn(priors, design, 2)
    with_it, without = (
        evaluate(one(d, 0) | {"factor_beta": beta}, arrays(design), np)
        for beta in (
            d["factor_beta"][0],
            d["factor_beta"][0] * np.r_[np.ones(len(base.factors)), np.zeros(added)],
        )
    )
    move = with_it.rows["price"].target - without.rows["price"].target
    expected = design.factor_returns[:, -added:] @ d["factor_beta"][0][-added:]
    np.testing.assert_allclose(-move, expected, atol=1e-10)
    assert np.abs(expected).max() > 0.0
    before = with_it.rows["overnight"].target - without.rows["overnight"].target
    np.testing.assert_allclose(before, 0.0, atol=1e-12)


def test_a_single_days_shock_is_integrated_out_on_its_day():
    """Its day's density is that of the model averaged over sizes of the shock; no other day's changes."""
    rival = Rival("r", "", "", one_off=(date(2026, 2, 5),))
    design, priors = of_rival(rival, whole_days(), literature())
    d = {k: v[:6] for k, v in drawn(priors, design, 6).items()}
    plain, t = replace(design, one_off=np.zeros(0)), min(design.event_days)
    latents, flows = posterior_latents(d, design, True, 1)
    found = score.densities_of(d, design, latents, flows, 1).both
    again = score.densities_of(d, plain, latents, flows, 1).both
    others = np.delete(np.arange(plain.days), t)
    np.testing.assert_allclose(found[:, others], again[:, others])
    variances = [evaluate(one(d, 0), arrays(x), np).rows["price"].var for x in (plain, design)]
    np.testing.assert_allclose(variances[1] - variances[0], ONE_OFF_SD**2 * (np.arange(plain.days) == t))
    # Numerically: a regressor of that day alone, its size drawn from the prior many times.
    on = (np.arange(plain.days) == t).astype(float)
    stated = replace(
        plain, factors=(*plain.factors, "own"), factor_returns=np.column_stack([plain.factor_returns, on])
    )
    total = []
    for b in ONE_OFF_SD * stats.norm.ppf((np.arange(400) + 0.5) / 400):
        at = d | {"factor_beta": np.column_stack([d["factor_beta"], np.full(6, b)])}
        total.append(score.densities_of(at, stated, latents, flows, 1).both[:, t])
    np.testing.assert_allclose(found[:, t], np.log(np.exp(total).mean(axis=0)), atol=0.5)


def test_a_scored_rival_is_kept_for_the_same_question_only(tmp_path):
    d = {"impact": np.arange(3.0)}
    said = Diagnostics(1.0, 500.0, 500.0, 0, 1, 1.0, "", 1000)
    sign = signature(event_design(), literature(), Settings(), 100, "a")
    keep(tmp_path, "r", sign, d, said)
    found = kept(tmp_path, "r", sign)
    assert found is not None
    np.testing.assert_array_equal(found[0]["impact"], d["impact"])
    assert str(found[1].to_dict()) == str(said.to_dict())
    other = replace(event_design(), stress=event_design().stress + 1.0)
    for moved in (
        signature(other, literature(), Settings(), 100, "a"),
        signature(event_design(), widened(literature(), 2.0), Settings(), 100, "a"),
        signature(event_design(), literature(), Settings(draws=5), 100, "a"),
        signature(event_design(), literature(), Settings(), 100, "another fit"),
    ):
        assert kept(tmp_path, "r", moved) is None
    assert kept(tmp_path, "nobody", sign) is None


def test_the_density_in_blocks_of_draws_is_the_density(monkeypatch):
    d, design = {k: v[:9] for k, v in own().items()}, event_design()
    monkeypatch.setattr(score, "BLOCK", 4)
    parts = day_densities(d, design, True, 1)
    assert parts.shape == (9, design.days - 2)
    first = day_densities({k: v[:4] for k, v in d.items()}, design, True, 1)
    np.testing.assert_array_equal(parts[:4], first)


def test_days_that_one_story_cannot_score_are_left_out_for_all():
    a, b = stories(0.0)
    gap = b.log_density.copy()
    gap[:, 7] = np.nan
    assert compare([a, replace(b, log_density=gap)], np.array([3]))[0]["days"] == 59


# --- sensitivity ------------------------------------------------------------------------------------------
def test_the_log_prior_is_the_sum_of_the_named_densities():
    d = own()
    total = log_prior(d, literature())
    assert total.shape == (200,)
    shifted = log_prior(d | {"drift": d["drift"] + 0.1}, literature())
    prior = literature()["drift"].frozen()
    np.testing.assert_allclose(
        shifted - total, prior.logpdf(d["drift"] + 0.1) - prior.logpdf(d["drift"]), atol=1e-9
    )


def test_the_log_prior_of_some_parameters_is_their_part():
    d = own()
    some_of = log_prior(d, literature(), ("drift", "vanna"))
    rest = [n for n in literature().parameters if n not in ("drift", "vanna")]
    np.testing.assert_allclose(some_of + log_prior(d, literature(), rest), log_prior(d, literature()))
    assert {n for names in GROUPS.values() for n in names} >= {"dealer_sign", "impact", "fund_noise"}


def test_a_refit_just_short_of_the_bounds_counts_and_says_so():
    near = Diagnostics(1.012, 489.0, 600.0, 1, 1, 1.0, "", 8000)
    assert _trust(replace(near, r_hat_max=1.005)) == ("", True)
    assert _trust(near)[1]
    assert "just short" in _trust(near)[0]
    for wrong in ({"r_hat_max": 1.05}, {"ess_tail_min": 100.0}, {"divergences": 40}):
        assert not _trust(replace(near, **wrong))[1]


def test_weighted_quantiles():
    x = np.random.default_rng(0).standard_normal(20_000)
    assert quantiles(x, None) == pytest.approx(quantiles(x, importance_weights(np.zeros(20_000))), abs=1e-3)
    low, mid, high = quantiles(x, importance_weights(0.5 * x))
    np.testing.assert_allclose((low, mid, high), 0.5 + stats.norm.ppf([0.055, 0.5, 0.945]), atol=0.06)


def test_ranges_show_which_shares_change_sign():
    design = event_design()
    d = {k: v[:30] for k, v in own().items()}
    latents, flows = posterior_latents(d, design, True, 1)
    parts = decompose(d, latents, flows, design, 1)
    turned = replace(parts, flow_channel=-parts.flow_channel)
    rows = table([Split(BASE, parts, design), Split("turned", turned, design)])
    assert set(rows["unit"]) == {"USD m", "log-%"}
    span = ranges(rows)
    failed = table(
        [Split(BASE, parts, design), Split("turned", turned, design, None, "not converged", counted=False)]
    )
    assert not ranges(failed)["sign_changes"].any()
    flow = span[span["quantity"] == "flow"]
    assert flow.loc[flow["as_fitted"].abs() > 1.0, "sign_changes"].all()
    assert not flow.loc[flow["as_fitted"].abs() <= 1.0, "sign_changes"].any()
    assert not span.loc[span["quantity"] == "return", "sign_changes"].any()
    assert isinstance(span, pd.DataFrame)
