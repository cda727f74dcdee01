"""What arrived between two vintages, what it changed, and the command from end to end with prior draws."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from prior_fit import chains_of, write_prior_fit

from model.design.subject import Request, load_subject, readings
from model.errors import DataError, UsageError
from model.inference.draws import prior_draws
from model.inference.sample import Settings
from model.studies.news import news as module
from model.studies.news.news import Vintage, arrivals, changes_of, interchangeable, news
from model.studies.reopen import reopen


@dataclass
class Passed:
    passed: bool = True
    nearly: bool = True
    sentence: str = "as good as new"


class PriorSampler:
    """Stands in for the sampler: draws from the prior, at once. Counts how often a model was compiled."""

    compiled = 0

    def __init__(self, design, priors, base_shares):  # noqa: ARG002
        self.priors, self.base_shares = priors, base_shares
        PriorSampler.compiled += 1

    def sample(self, design, settings, use_positions=True):  # noqa: ARG002
        draws = prior_draws(self.priors, design, self.base_shares, 60, settings.seed)
        return xr.DataTree.from_dict({"posterior": chains_of(draws, design)}), Passed()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_prior_fit(tmp_path_factory.mktemp("news") / "fit")


@pytest.fixture
def sampler(monkeypatch):
    monkeypatch.setattr(module, "Sampler", PriorSampler)
    PriorSampler.compiled = 0
    return PriorSampler


def vintage(as_of: str | None, seed: int = 4) -> Vintage:
    known = date.fromisoformat(as_of) if as_of else None
    s = load_subject(Request(event="2026-02-05", out=Path("x"), as_of=known))
    draws = prior_draws(s.priors, s.design, s.base_shares, 60, seed)
    return Vintage(known, s, readings(s, "vendor")[0], draws)


def test_what_arrives_on_a_friday(event_panel):
    found = arrivals(event_panel.as_of_date("2026-02-12"), event_panel.as_of_date("2026-02-13"))
    known = {(r.column, str(r.date.date())): r for r in found.itertuples()}
    assert known["short", "2026-02-10"].value == 13871.0
    assert str(known["short", "2026-02-10"].published) == "2026-02-13 15:30:00"
    assert str(known["flow_total", "2026-02-12"].published) == "2026-02-13 08:00:00"
    assert ("flow_total", "2026-02-13") not in known
    assert ("price", "2026-02-13") in known
    assert (found["published"] > pd.Timestamp("2026-02-12 23:59")).all()
    assert (found["published"] < pd.Timestamp("2026-02-14")).all()
    assert list(found["date"] > "2026-02-12") == sorted(found["date"] > "2026-02-12")  # old days first


def test_no_news_changes_nothing():
    same = vintage("2026-02-12")
    table = changes_of(same, same, 3)
    assert (table[["change", "change_state", "change_parameters"]] == 0.0).all(axis=None)
    assert (table["width_ratio"].dropna() == 1.0).all()
    assert table["date"].nunique() == 10
    assert str(table["date"].max().date()) == "2026-02-12"


def test_a_missing_print_has_an_interval_before_and_a_point_after():
    """The embedded panel ends on 27 February, whose flow came out on Monday: the dates of both vintages agree."""
    before, after = vintage("2026-02-27"), vintage(None)
    table = changes_of(before, after, 3).set_index(["date", "part", "quantity"])
    row = table.loc[(pd.Timestamp("2026-02-27"), "total", "flow")]
    assert row["before_high"] - row["before_low"] > 10.0
    assert (row["after_low"], row["after_high"]) == pytest.approx((-27.5, -27.5))
    assert row["change_state"] == pytest.approx(row["change"])  # draws of the parameters are the same here
    np.testing.assert_allclose(table["change_state"] + table["change_parameters"], table["change"], atol=1e-9)
    assert (table["change_parameters"].abs() < 1e-9).all()
    assert (table["change_state"].abs() > 1e-9).any()


def test_a_model_serves_designs_with_the_same_dates_and_gaps():
    design = vintage("2026-02-12").reading.design
    assert interchangeable(design, replace(design, positions=design.positions + 1.0))
    assert not interchangeable(design, vintage("2026-02-13").reading.design)
    gap = design.flows.copy()
    gap[20, 0] = np.nan
    assert not interchangeable(design, replace(design, flows=gap))
    quiet = design.iv_change.copy()
    quiet[7] = np.nan
    assert not interchangeable(design, replace(design, iv_change=quiet))


def test_the_command(folder, sampler, tmp_path, capsys):
    script = importlib.import_module("news")
    arguments = [str(folder), "--before", "2026-02-12", "--after", "2026-02-13", "--out", str(tmp_path)]
    assert script.main(arguments) == 0
    assert sampler.compiled == 2  # another day, another model
    said = capsys.readouterr().out
    assert "13,871" in said
    assert "2026-02-13 15:30" in said
    table = pd.read_csv(tmp_path / "news.csv")
    assert set(table["quantity"]) == {"flow", "return"}
    assert (table["before_low"] <= table["before"]).all()
    assert (table["change_low"] <= table["change"]).all()
    assert len(pd.read_csv(tmp_path / "news_arrived.csv")) == 35
    assert all((tmp_path / f"news_{q}.png").stat().st_size > 10_000 for q in ("flow", "return"))
    again = [str(folder), "--before", "2026-02-27", "--out", str(tmp_path)]
    assert script.main(again) == 2
    assert script.main([*again, "--overwrite"]) == 0
    assert sampler.compiled == 3  # the fit is the later vintage and is not sampled again


def test_vintages_that_cannot_be_compared(folder, sampler):
    opened, settings = reopen(folder), Settings(2, 30, 1, 1)

    def ask(before, after, reading=None):
        return news(opened, date.fromisoformat(before), date.fromisoformat(after), reading, settings, print)

    with pytest.raises(UsageError, match="earlier --before"):
        ask("2026-02-13", "2026-02-13")
    with pytest.raises(UsageError, match="no reading 'next_day'"):
        ask("2026-02-12", "2026-02-13", "next_day")
    with pytest.raises(DataError, match="Nothing in the panel was published"):
        ask("2026-03-10", "2026-03-12")
    with pytest.raises(DataError, match="had not begun"):
        ask("2026-02-04", "2026-02-12")
    assert sampler.compiled == 0
