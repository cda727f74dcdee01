"""Decomposition: exact sums, agreement with the day-by-day simulator, prior-driven split."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from synthetic import event_design, literature, system_of

from model.attribution.decompose import FLOW_PARTS, decompose, to_dataset
from model.attribution.ledger import make_ledger
from model.attribution.replicate import replicate
from model.design.make import make_design, next_day_mask
from model.events.card import event_panel, load_event
from model.inference.draws import by_name, one, posterior_latents, prior_draws, prior_latents
from model.inference.likelihood.system import booking
from model.mechanisms.simulate.replay import extract_shocks, replay
from model.priors.prior_set import load_priors

DRAWS = 25


@pytest.fixture(scope="module")
def event():
    card = load_event("2026-02-05")
    panel = event_panel(card)
    shares = np.array([f.base_share for f in panel.universe.funds])
    return card, make_design(panel, card), shares


@pytest.fixture(scope="module", params=["vendor", "next_day", "gaps", "late_creation", "unsettled"])
def decomposed(request, event):
    card, design, shares = event
    if request.param == "next_day":
        design = dataclasses.replace(design, next_day=next_day_mask(design, card))
    if request.param == "late_creation":
        design = dataclasses.replace(design, late_window=next_day_mask(design, card))
    if request.param == "unsettled":
        design = dataclasses.replace(design, option_fund=np.zeros_like(design.option_fund))
    if request.param == "gaps":
        flows = design.flows.copy()
        flows[20, 2] = flows[40, 0] = flows[41, 0] = np.nan
        lagged = np.vstack([design.flows_lag[:1], flows[:-1]])
        design = dataclasses.replace(design, flows=flows, flows_lag=lagged)
    draws = prior_draws(load_priors("literature"), design, shares, DRAWS, 1)
    draws = draws | {"impact": np.minimum(draws["impact"], 1.5)}
    latents, flows = posterior_latents(draws, design, True, 1)
    return design, draws, latents, flows, decompose(draws, latents, flows, design, 2)


def test_the_ledger_books_as_the_likelihood_does():
    """Shares of the trades by lag, late window and next-day reading included: noise would take up any difference."""
    design = event_design("late_creation")
    moved = np.zeros_like(design.next_day)
    moved[[20, design.event_days[0]], 0] = 1.0
    window = design.late_window.copy()
    window[30] = 1.0
    design = dataclasses.replace(design, next_day=moved, late_window=window)
    shares = np.full(len(design.funds), 1.0 / len(design.funds))
    draws = prior_draws(literature(), design, shares, 3, 0)
    latents, flows = prior_latents(draws, design, 0), np.nan_to_num(design.flows)[None]
    book = make_ledger(draws, latents, flows, design, np.random.default_rng(0))
    for s in range(3):
        booked = booking.py_func(*system_of(one(draws, s), design))
        np.testing.assert_allclose(book.kernel[s].transpose(2, 1, 0), booked.share, atol=1e-14)
    np.testing.assert_allclose(book.kernel.sum(axis=3), 1.0, atol=1e-14)


def test_parts_sum_to_the_observed_on_every_day_and_draw(decomposed):
    design, _, _, flows, parts = decomposed
    total = np.broadcast_to(flows.sum(axis=2), parts.expected_flow.shape)[:, 2:]
    for value in (parts.flow_channel, parts.flow_trigger):
        np.testing.assert_allclose(value.sum(axis=2)[:, 2:], total, atol=1e-9)
    for value in (parts.return_channel, parts.return_trigger):
        np.testing.assert_allclose(
            value.sum(axis=2)[:, 2:], np.broadcast_to(design.returns[2:], total.shape), atol=1e-9
        )


def test_a_draws_shocks_reproduce_the_data_through_the_simulator(decomposed):
    design, draws, latents, flows, _ = decomposed
    for s in range(0, DRAWS, 6):
        params = {k: v[s] for k, v in draws.items()}
        prints = flows[min(s, len(flows) - 1)]
        unknown = by_name(latents[s], prints)
        again = replay(params, design, extract_shocks(params, design, unknown))
        np.testing.assert_allclose(again.returns, design.returns, atol=1e-9)
        np.testing.assert_allclose(again.flows, prints, atol=1e-9)


def test_unattributed_is_the_simulators_own_shock(decomposed):
    design, draws, latents, flows, parts = decomposed
    params = {k: v[3] for k, v in draws.items()}
    prints = flows[min(3, len(flows) - 1)]
    unknown = by_name(latents[3], prints)
    shocks = extract_shocks(params, design, unknown)
    np.testing.assert_allclose(parts.flow_channel[3, 2:, 0], shocks.fund_noise.sum(axis=1)[2:], atol=1e-9)
    price = shocks.price + shocks.night + params["futures_price"] * shocks.futures_demand
    price += params["common_demand"] * design.ratio * shocks.demand
    np.testing.assert_allclose(parts.return_channel[3, 2:, 0], price[2:], atol=1e-9)


def test_hedges_reach_flows_only_where_creations_settle_them(event):
    """The switch of the card: no dealer part in any flow, by channel or trigger, and the price's is untouched."""
    card, settled, shares = event
    off = dataclasses.replace(card, mechanisms=card.mechanisms.switched({"hedge_settlement": False}))
    draws = prior_draws(load_priors("literature"), settled, shares, DRAWS, 1)
    draws = draws | {"impact": np.minimum(draws["impact"], 1.5)}
    parts = {}
    for key, design in (("on", settled), ("off", make_design(event_panel(off), off))):
        latents, flows = posterior_latents(draws, design, True, 1)
        parts[key] = decompose(draws, latents, flows, design, 2)
    dealer = FLOW_PARTS.index("dealer")
    assert (parts["off"].flow_channel[..., dealer] == 0.0).all()
    assert np.abs(parts["on"].flow_channel[..., dealer]).max() > 1e-3
    np.testing.assert_allclose(parts["off"].trades["dealer"], parts["on"].trades["dealer"])


def test_shared_shock_is_split_around_its_prior_share(decomposed):
    design, draws, latents, _, parts = decomposed
    both = parts.trades["multi_asset"] + parts.trades["directional"]
    assert both.shape == latents.shape[:2]
    assert np.corrcoef(both.ravel(), latents[..., 1].ravel())[0, 1] > 0.3


def test_dataset_carries_units_and_all_parts(decomposed):
    design, *_, parts = decomposed
    data = to_dataset(parts, design, np.array(design.event_days))
    assert tuple(data["flow_part"].to_numpy()) == FLOW_PARTS
    assert data.attrs == {"flow_unit": "USD m", "return_unit": "log-%"}
    if np.isfinite(design.flows).all():
        np.testing.assert_allclose(data["observed_flow"], [-434.1, 371.1], atol=1e-9)


def test_replicates_scatter_around_the_data(decomposed):
    design, draws, latents, flows, _ = decomposed
    again = replicate(draws, design, 3)
    assert again["return"].shape == (DRAWS, design.days - 2)
    assert np.isfinite(again["flow"]).all()
    inside = (again["return"].quantile(0.02, "sample") < design.returns[2:]) & (
        again["return"].quantile(0.98, "sample") > design.returns[2:]
    )
    assert float(inside.mean()) > 0.7
