"""Simulation-based calibration through the script, and its own failure when the model is wrong on purpose."""

from __future__ import annotations

import importlib

import numpy as np
import pandas as pd
import pytest

from model.studies.validation.calibrate import KEPT_DRAWS, coverage, uniformity


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


@pytest.mark.slow
@pytest.mark.parametrize("wrong", [False, True], ids=["right", "without-jacobian"])
def test_ranks_of_the_model(tmp_path, wrong):
    options = ["--panels", "24", "--drop-jacobian"] if wrong else ["--panels", "20"]
    code = importlib.import_module("calibrate").main(["ranks", "--out", str(tmp_path), *options])
    name = "ranks-without-jacobian" if wrong else "ranks"
    summary = pd.read_csv(tmp_path / f"{name}-summary.csv").set_index("quantity")
    assert code == (4 if wrong else 0)
    assert summary.loc["log_jacobian", "passed"] == (not wrong)
