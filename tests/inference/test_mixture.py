"""Weights of the two datings against marginal likelihoods known in closed form, and the mixture's draws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from rich.console import Console
from synthetic import event_design, random_parameters, with_gaps
from synthetic_fit import EVENT_DAYS, write_fit

from model.errors import DataError
from model.events.card import FOLDER, load_event
from model.inference import mixture
from model.inference.bridge import Score, gains, log_likelihood
from model.inference.mixture import Mixture, mix, not_comparable, weigh
from model.report.figures import open_fit
from model.report.page.content import part_tables
from model.report.tables import READINGS, event_table, terminal_table, tidy_tables


def draws_of(count: int) -> dict:
    every = [random_parameters(event_design(), seed) for seed in range(count)]
    return {k: np.stack([p[k] for p in every]) for k in every[0]}


def test_gains_are_differences_of_likelihoods():
    draws = draws_of(4)
    here, there = event_design(), event_design("next_day")
    apart = log_likelihood(draws, there) - log_likelihood(draws, here)
    np.testing.assert_allclose(gains(draws, there, here), apart, atol=1e-9)
    assert np.abs(apart).max() > 0.1


def test_only_readings_of_the_same_data_are_compared():
    here, there = event_design(), event_design("next_day")
    assert not_comparable(here, there) == ""
    assert "positions" in not_comparable(here, replace(there, positions=there.positions + 1.0))
    assert "flows" in not_comparable(here, with_gaps(there, 0.1, 1))
    found = weigh({}, {"vendor": here, "next_day": replace(there, returns=there.returns + 0.1)}, 1.0)
    assert found.weights is None
    assert "not of the same data" in found.sentence


def weighed(monkeypatch, value: float, error: float, odds: float) -> Mixture:
    monkeypatch.setattr(mixture, "gains", lambda *_: np.zeros(8))
    monkeypatch.setattr(mixture, "score", lambda *_: Score(value, error))
    designs = {"vendor": event_design(), "next_day": event_design("next_day")}
    return weigh({"vendor": {}, "next_day": {}}, designs, odds)


def test_weights_follow_odds_and_marginal_likelihoods(monkeypatch):
    even = weighed(monkeypatch, np.log(0.25), 0.1, 1.0)
    assert even.weights == pytest.approx({"vendor": 0.8, "next_day": 0.2})
    assert even.weight_error == pytest.approx(0.016)
    assert "vendor's dates 0.80, next-day reading 0.20" in even.sentence
    assert "a little about the dating" in even.sentence
    doubted = weighed(monkeypatch, np.log(0.25), 0.1, 0.25)
    assert doubted.weights == pytest.approx({"vendor": 0.5, "next_day": 0.5})
    noisy = weighed(monkeypatch, -3.0, 0.8, 1.0)
    assert noisy.weights is None
    assert "too noisy" in noisy.sentence


def test_bridge_sampling_finds_known_marginal_likelihoods():
    """A normal mean with known prior, seen through two noises: exact evidence against bridge sampling of its draws."""
    rng, y, prior = np.random.default_rng(4), 1.3, 2.0
    sd = {"vendor": 1.0, "next_day": 0.4}

    def draws(name):
        precision = 1.0 / prior**2 + 1.0 / sd[name] ** 2
        return y / sd[name] ** 2 / precision + rng.normal(size=4000) / np.sqrt(precision)

    def gain(x):
        there, here = (-0.5 * ((y - x) / sd[n]) ** 2 - np.log(sd[n]) for n in ("next_day", "vendor"))
        return there - here

    def evidence(name):
        total = prior**2 + sd[name] ** 2
        return -0.5 * y**2 / total - 0.5 * np.log(total)

    found = mixture.score(gain(draws("next_day")), gain(draws("vendor")))
    assert found.value == pytest.approx(evidence("next_day") - evidence("vendor"), abs=4.0 * found.error)
    assert found.error < 0.05


def test_the_mixture_holds_both_in_proportion(tmp_path):
    folder = write_fit(tmp_path / "fit", samples=200, draws=10)
    with xr.open_datatree(folder / "decomposition.nc", engine="netcdf4") as tree:
        parts = {r: tree[r].to_dataset().load() for r in ("vendor", "next_day")}
    chosen = Mixture({"vendor": 0.7, "next_day": 0.3}, 0.01, -0.85, 0.02, 1.0)
    mixed = mix(parts, chosen)
    assert mixed.sizes["sample"] == 200
    assert mixed.attrs["weight_vendor"] == 0.7
    own = {r: set(np.round(d["expected_flow"].values[:, 0], 9)) for r, d in parts.items()}
    found = np.round(mixed["expected_flow"].values[:, 0], 9)
    assert sum(x in own["vendor"] for x in found) == 140
    assert sum(x in own["next_day"] for x in found) == 60
    np.testing.assert_array_equal(mixed["observed_flow"], parts["vendor"]["observed_flow"])
    total = mixed["flow_channel"].sum("flow_part")
    np.testing.assert_allclose(total, np.broadcast_to(mixed["observed_flow"], total.shape), atol=1e-9)
    alone = mix(parts, Mixture({"vendor": 1.0, "next_day": 0.0}, 0.0, -50.0, 0.1, 1.0))
    np.testing.assert_array_equal(alone["expected_flow"], parts["vendor"]["expected_flow"])


def test_tables_show_the_mixture_beside_both_datings(tmp_path):
    folder = write_fit(tmp_path / "fit", samples=200, draws=10)
    with xr.open_datatree(folder / "decomposition.nc", engine="netcdf4") as tree:
        parts = {r: tree[r].to_dataset().load() for r in tree}
    parts["mixture"] = mix(parts, Mixture({"vendor": 0.6, "next_day": 0.4}, 0.01, -0.4, 0.02, 1.0))
    console = Console(width=140)
    with console.capture() as capture:
        console.print(terminal_table(parts, EVENT_DAYS, width=140))
    said = capture.get()
    assert [said.count(READINGS[r]) for r in ("vendor", "next_day", "mixture", "no_positions")] == [
        1,
        1,
        1,
        0,
    ]
    tidy = tidy_tables(parts, list(EVENT_DAYS))
    assert all("mixture" in set(t["reading"]) for t in tidy.values() if "reading" in t)
    xr.DataTree.from_dict({f"/{k}": v for k, v in parts.items()}).to_netcdf(
        folder / "new.nc", engine="netcdf4"
    )
    (folder / "new.nc").replace(folder / "decomposition.nc")
    view = open_fit(folder)
    tables = part_tables(view, event_table(view.tabled, view.days))
    assert tables[0]["readings"] == [READINGS[r] for r in ("vendor", "next_day", "mixture")]
    assert all(len(line["cells"]) == 3 for line in tables[0]["lines"])
    assert list(view.shown) == ["vendor", "next_day"]  # figures have room for two


@pytest.mark.parametrize(
    ("verdicts", "moved"),
    [
        ({"vendor": "not identified", "next_day": "not identified"}, False),
        ({"vendor": "identified", "next_day": "not identified"}, True),
        ({"vendor": "not identified"}, None),
    ],
)
def test_the_mixture_repeats_the_prior_where_both_datings_do(verdicts, moved, tmp_path):
    view = open_fit(write_fit(tmp_path / "fit", samples=20, draws=10))
    rows = [{"parameter": "flow:dealer", "reading": r, "verdict": v} for r, v in verdicts.items()]
    view = replace(view, manifest=dict(view.manifest) | {"identification": rows})
    assert view.identified("flow:dealer", "mixture") is moved
    assert view.identified("flow:dealer", "vendor") is (verdicts["vendor"] == "identified")
    assert view.identified("flow:dealer", "no_positions") is None


def test_the_card_may_give_other_odds(tmp_path):
    text = (FOLDER / "2026-02-05" / "event.toml").read_text()
    (tmp_path / "panel.csv").write_bytes((FOLDER / "2026-02-05" / "panel.csv").read_bytes())
    card = tmp_path / "event.toml"
    card.write_text(text + "\n[mixture]\nvendor_odds = 0.5\n")
    assert load_event(card).vendor_odds == 0.5
    card.write_text(text)
    assert load_event(card).vendor_odds == 1.0
    card.write_text(text + "\n[mixture]\nvendor_odds = 0\n")
    with pytest.raises(DataError, match="must be positive"):
        load_event(card)
