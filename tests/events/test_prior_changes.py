"""Prior changes: quantiles become distributions, units are converted, everything else is refused."""

from __future__ import annotations

import numpy as np
import pytest
from card_entries import CHANGE
from hypothesis import given, settings
from hypothesis import strategies as st

from model.errors import PriorError
from model.events.card import load_event
from model.events.prior_changes import PriorChange
from model.priors.changes import fit_quantiles, with_changes
from model.priors.prior_set import Prior, load_priors

LITERATURE = load_priors("literature")


def quantiles_of(dist, args, levels=(0.05, 0.5, 0.95)):
    x = Prior(dist, args, "", "").ppf(np.array(levels))
    return dict(zip(levels, x.tolist(), strict=True))


@pytest.mark.parametrize(
    ("dist", "args"),
    [
        ("Normal", {"mu": 0.03, "sigma": 0.01}),
        ("LogNormal", {"mu": -0.5, "sigma": 0.6}),
        ("HalfNormal", {"sigma": 0.3}),
        ("Beta", {"alpha": 18.0, "beta": 2.0}),
    ],
)
def test_the_family_is_found_again_from_its_quantiles(dist, args):
    found = fit_quantiles(dist, quantiles_of(dist, args))
    for name, value in args.items():
        assert found[name] == pytest.approx(value, rel=0.02, abs=1e-4)


@settings(max_examples=15, deadline=None)
@given(st.floats(-3, 3), st.floats(0.01, 50.0), st.sampled_from([1e-3, 1.0, 1e3]))
def test_the_unit_does_not_matter(mu, sigma, scale):
    found = fit_quantiles("Normal", quantiles_of("Normal", {"mu": mu * scale, "sigma": sigma * scale}))
    assert found["sigma"] == pytest.approx(sigma * scale, rel=0.01)


@pytest.mark.parametrize(
    ("dist", "quantiles", "words"),
    [
        ("LogNormal", {0.05: -0.1, 0.95: 1.0}, "lives on"),
        ("Beta", {0.05: 0.2, 0.95: 1.4}, "lives on"),
        ("Normal", {0.05: 0.0, 0.5: 0.9, 0.95: 1.0}, "no Normal has the quantiles"),
    ],
)
def test_impossible_quantiles_are_refused(dist, quantiles, words):
    with pytest.raises(PriorError, match=words) as caught:
        fit_quantiles(dist, quantiles, "card, line 3")
    assert "card, line 3" in str(caught.value)
    assert caught.value.remedy


def test_a_change_goes_into_a_new_set_and_leaves_the_old(card_file):
    changes = load_event(card_file(CHANGE)).prior_changes
    new = with_changes(LITERATURE, changes)
    np.testing.assert_allclose(new["impact"].ppf([0.05, 0.5, 0.95]), [0.3, 0.6, 1.2], rtol=0.02)
    assert LITERATURE["impact"].args["sigma"] == 0.6
    assert new.sha256 != LITERATURE.sha256
    assert "impact" in new.name
    assert new["drift"] is LITERATURE["drift"]
    assert with_changes(LITERATURE, ()) is LITERATURE


def test_millions_are_converted_to_billions_at_the_head_and_below_the_line():
    head = PriorChange("mean_flow", {0.05: 20.0, 0.95: 200.0}, "USD m per day", "s")
    assert with_changes(LITERATURE, (head,))["mean_flow"].ppf(0.95) == pytest.approx(0.2, rel=0.01)
    below = PriorChange("impact", {0.05: 0.0003, 0.95: 0.0012}, "log-% per USD m on a calm day", "s")
    assert with_changes(LITERATURE, (below,))["impact"].ppf(0.95) == pytest.approx(1.2, rel=0.01)


def test_another_unit_is_refused_with_the_right_one(card_file):
    path = card_file(CHANGE.replace("log-% per USD bn on a calm day", "bp per USD bn"))
    with pytest.raises(PriorError, match="log-% per USD bn on a calm day") as caught:
        with_changes(LITERATURE, load_event(path).prior_changes)
    assert "line" in str(caught.value)


def test_vectors_are_changed_in_prior_sets():
    change = PriorChange("factor_beta", {0.05: 0.0, 0.95: 1.0}, "log-% per log-%", "s")
    with pytest.raises(PriorError, match="members of its own"):
        with_changes(LITERATURE, (change,))
