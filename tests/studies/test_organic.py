"""Organic inflow: parts of the flow, probabilities, and a nowcast that does not look ahead."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from synthetic import event_design, literature

from model.design.make import make_design
from model.errors import DataError
from model.events.card import event_panel, load_event
from model.inference.draws import prior_draws
from model.panel.universe import load_universe
from model.studies.organic import COLUMNS, of_fit, organic_inflow

SHARES = np.array([f.base_share for f in load_universe("us-spot-btc").funds])


def series(design, seed=1, **more):
    draws = prior_draws(literature(), design, SHARES, 20, 2) | more
    return organic_inflow(draws, design, True, seed)


def test_every_modelled_day_has_the_columns_and_probabilities():
    design = event_design()
    table = series(design)
    assert tuple(table.columns) == COLUMNS
    assert len(table) == design.days - 2
    assert table["p_organic"].between(0.0, 1.0).all()
    assert (table["organic_low"] <= table["organic"]).all()
    assert table.loc["2026-02-05", "net_flow"] == pytest.approx(-434.1)
    assert table.loc["2026-02-05", "p_inflow_without_basis"] == 0.0
    assert table["published"].all()


def test_a_flow_that_is_not_published_is_drawn():
    card = load_event("2026-02-05")
    design = make_design(event_panel(card, as_of="2026-02-09"), card)
    assert np.isnan(design.flows[-1]).all()
    last = series(design).iloc[-1]
    assert not last["published"]
    assert last["organic_high"] > last["organic_low"]


def test_later_figures_do_not_change_the_nowcast():
    card = load_event("2026-02-05")
    whole = event_panel(card)
    frame = whole.frame
    changed = frame.copy()
    changed.loc["2026-02-10":, "price"] *= 1.01
    tampered = whole._with(changed, whole.listed)
    designs = [make_design(p.as_of_date("2026-02-09"), card) for p in (whole, tampered)]
    pd.testing.assert_frame_equal(series(designs[0]), series(designs[1]))


def test_without_basis_trades_every_inflow_is_organic():
    design = event_design()
    none = {k: np.zeros(20) for k in ("basis_scale", "basis_stress", "basis_premium")}
    none["basis_scale"] += 1e-9
    quiet = replace(design, positions=np.zeros(0), position_days=(), position_expiry=np.zeros(0))
    table = series(quiet, **none)
    assert np.abs(table["basis"]).max() < 0.01


def test_a_fit_that_saw_later_days_is_refused():
    manifest = {"arguments": {"as_of": None}}
    opened = SimpleNamespace(
        fit=SimpleNamespace(manifest=manifest), subject=SimpleNamespace(design=event_design())
    )
    with pytest.raises(DataError, match="looks beyond 2026-02-09"):
        of_fit(opened, None, 10, date(2026, 2, 9), 0)
