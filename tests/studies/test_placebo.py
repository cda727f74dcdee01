"""Ranks of the event among falls: counted right, the event in no null, quiet days matched and used once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from synthetic import event_design, literature

from model.errors import DataError
from model.inference.draws import prior_draws
from model.studies.placebo import CALM, EVENT, FALL, choose, ordinal, standing, statistics


def test_falls_and_quiet_days_are_told_apart_from_the_event():
    design = event_design()
    days = choose(design, design.event_days, below=-2.0)
    assert not set(days.event) & (set(days.falls) | set(days.quiet))
    assert (design.returns[list(days.falls)] < -2.0).all()
    assert (np.abs(design.returns[list(days.quiet)]) < 1.5).all()
    assert len(set(days.quiet)) == len(days.quiet) == len(days.falls)


def test_a_null_of_few_days_is_none():
    design = event_design()
    with pytest.raises(DataError, match="longer panel"):
        choose(design, design.event_days, below=-12.0)


def test_ranks_are_counted_among_falls_alone():
    rows = [("2026-01-02", FALL, -3.0), ("2026-01-05", FALL, 1.0), ("2026-01-06", FALL, 2.0),
            ("2026-01-07", CALM, -90.0), ("2026-02-05", EVENT, 1.5)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["date", "kind", "value"]).assign(quantity="flow", part="dealer")
    found = standing(table).iloc[0]
    assert (found["rank"], found["of"]) == (3, 4)
    assert found["sentence"] == "The dealer part of the flow is the 3rd of 4, from the smallest."
    assert [ordinal(n) for n in (1, 2, 11, 22, 23)] == ["1st", "2nd", "11th", "22nd", "23rd"]


def test_parts_of_every_day_add_up():
    design = event_design()
    draws = prior_draws(literature(), design, np.full(len(design.funds), 1.0), 1, 2)
    draws = draws | {"impact": np.minimum(draws["impact"], 1.0)}
    days = replace(choose(design, design.event_days, below=-2.0), quiet=())
    table = statistics(draws, design, days, True, 0)
    sums = table[table["part"] != "percentile"].groupby(["quantity", "date"])["value"].sum()
    at = [design.dates.get_loc(d) for d in sums["return"].index]
    np.testing.assert_allclose(sums["return"], design.returns[at], atol=1e-8)
    np.testing.assert_allclose(sums["flow"], 1e3 * design.flows[at].sum(axis=1), atol=1e-6)
    assert table[table["part"] == "percentile"]["value"].between(0.0, 100.0).all()
