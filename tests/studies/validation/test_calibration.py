"""Simulation-based calibration through the script, and its own failure when the model is wrong on purpose."""

from __future__ import annotations

import importlib

import numpy as np
import pandas as pd
import pytest

from model.mechanisms.components import COMPONENTS
from model.studies.validation.calibrate import (
    KEPT_DRAWS,
    Plan,
    coverage,
    subject_of,
    true_quantities,
    uniformity,
    world,
)


def table_of(ranks: np.ndarray) -> pd.DataFrame:
    inside = {f"inside_{p}": (np.abs(ranks / KEPT_DRAWS - 0.5) <= p / 200).astype(float) for p in (50, 89)}
    return pd.DataFrame({"panel": range(len(ranks)), "quantity": "x", "rank": ranks, **inside})


def test_uniform_ranks_pass_and_shifted_ones_fail():
    rng = np.random.default_rng(1)
    uniform = rng.integers(0, KEPT_DRAWS + 1, 60)
    assert uniformity(table_of(uniform))["passed"].all()
    assert not uniformity(table_of((uniform * 0.6).astype(int)))["passed"].any()


def test_coverage_of_a_calibrated_and_of_an_overconfident_program():
    rng = np.random.default_rng(2)
    ranks = rng.integers(0, KEPT_DRAWS + 1, 400)
    assert coverage(table_of(ranks))["passed"].all()
    assert not coverage(table_of(np.where(ranks < 50, 2, 98)))["passed"].any()


PLAN = Plan("2026-02-05", "", 60, "baseline-2024-2025", False, 2, 300, 300, 1)


def test_the_truth_is_read_as_the_simulator_wrote_it():
    """Trades of the most extreme day, taken from the truth by the decomposition, are those that the simulator booked."""
    s = subject_of(PLAN)
    p, panel, hidden = world(s.design, s.priors, s.shares, 3, 1)
    found = true_quantities(p, panel, hidden, 3)
    day = int(np.abs(panel.returns[7:-5]).argmax()) + 7
    shared = ("multi_asset", "directional")  # one shock of both, split at random
    for c in COMPONENTS:
        if c.name not in shared:
            assert found[f"{c.name} on the day"] == pytest.approx(hidden.trades(c.name)[day], abs=1e-9)
    both = sum(found[f"{n} on the day"] for n in shared)
    assert both == pytest.approx(sum(hidden.trades(n)[day] for n in shared), abs=1e-9)
    parts = sum(x for n, x in found.items() if n.startswith("return, by component"))
    assert parts == pytest.approx(panel.returns[day], abs=1e-9)
    assert found["impact"] == p["impact"]
    assert np.isfinite(found["log_likelihood"])


def test_a_panel_has_its_number_whoever_makes_it():
    s = subject_of(PLAN)
    (_, first, _), (_, again, _), (_, other, _) = (
        world(s.design, s.priors, s.shares, k, 1) for k in (5, 5, 6)
    )
    np.testing.assert_array_equal(first.returns, again.returns)
    assert (first.returns[2:] != other.returns[2:]).all()


@pytest.mark.slow
@pytest.mark.parametrize("wrong", [False, True], ids=["right", "without-jacobian"])
def test_ranks_of_the_model(tmp_path, wrong):
    options = ["--panels", "24", "--drop-jacobian"] if wrong else ["--panels", "20"]
    code = importlib.import_module("calibrate").main(["ranks", "--out", str(tmp_path), *options])
    name = "ranks-without-jacobian" if wrong else "ranks"
    summary = pd.read_csv(tmp_path / f"{name}-summary.csv").set_index("quantity")
    assert code == (4 if wrong else 0)
    assert summary.loc["log_jacobian", "passed"] == (not wrong)
