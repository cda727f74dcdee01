"""Prior sets: complete, intervals true, days never counted twice."""

from __future__ import annotations

import copy
import tomllib
from datetime import date

import numpy as np
import pytest
from synthetic import parameter_names

from model.errors import PriorError
from model.priors.prior_set import FOLDER, INTERVAL_TOLERANCE, load_priors, prior_set_from_dict

NORMAL = {
    "dist": "Normal",
    "mu": 0.0,
    "sigma": 1.0,
    "unit": "log-%",
    "source": "J",
    "interval90": [-1.645, 1.645],
}


def a_set(meta=None, **parameters):
    return {"meta": meta or {"name": "test", "kind": "literature"}, "parameter": parameters}


def refused(spec, match):
    with pytest.raises(PriorError, match=match) as caught:
        prior_set_from_dict(a_set(x=spec), "test.toml")
    assert caught.value.remedy
    assert caught.value.exit_code == 3


# --- shipped sets -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda p: p.stem)
def test_every_shipped_set_is_complete_and_true(path):
    priors = load_priors(path)
    priors.require(parameter_names())
    assert set(priors.parameters) == set(parameter_names())
    for name, prior in priors.parameters.items():
        assert prior.unit, name
        assert prior.source, name
        for member in (prior, *prior.items.values()):
            if member.dist != "Dirichlet":
                low, high = member.interval90
                true = member.ppf([0.05, 0.95])
                assert low < high
                np.testing.assert_allclose([low, high], true, atol=INTERVAL_TOLERANCE * (true[1] - true[0]))


def test_literature_by_name_and_by_path():
    by_name, by_path = load_priors("literature"), load_priors(FOLDER / "literature.toml")
    assert by_name.sha256 == by_path.sha256
    assert by_name.kind == "literature"
    assert by_name.learned_from is None


def test_stated_anchors_of_the_design():
    """Impact near 0.6 % per bn, sign within [-1, 1], hedged share high, gamma near 0.12 bn per 1 %."""
    priors = load_priors("literature")
    assert priors["impact"].ppf(0.5) == pytest.approx(0.6, rel=0.01)
    assert priors["gamma_scale"].ppf(0.5) == pytest.approx(0.12, rel=0.01)
    assert priors["dealer_sign"].ppf(0.0) == -1.0
    assert priors["dealer_sign"].ppf(1.0) == 1.0
    assert priors["hedged_share"].ppf(0.5) == pytest.approx(0.9, abs=0.02)


def test_exceptions_for_named_members():
    beta = load_priors("literature")["factor_beta"]
    np.testing.assert_allclose(beta.argument("mu", ("igv", "qqq", "gld")), [0.8, 0.0, 0.0])
    np.testing.assert_allclose(beta.argument("sigma", ("igv", "qqq", "gld")), [0.4, 0.5, 0.3])


# --- refusals -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("interval", [[-1.9, 1.645], [-1.645, 1.8], [1.645, -1.645]])
def test_a_wrong_interval_is_refused(interval):
    refused(NORMAL | {"interval90": interval}, "interval90 says")


def test_an_interval_within_rounding_passes():
    prior_set = prior_set_from_dict(a_set(x=NORMAL | {"interval90": [-1.64, 1.65]}), "test.toml")
    assert prior_set["x"].interval90 == (-1.64, 1.65)


def test_no_interval_is_refused():
    refused({k: v for k, v in NORMAL.items() if k != "interval90"}, "interval90: is missing")


@pytest.mark.parametrize("key", ["unit", "source"])
def test_unit_and_source_are_needed(key):
    refused({k: v for k, v in NORMAL.items() if k != key}, f"{key}: is missing")


@pytest.mark.parametrize("dist", ["Cauchy", "normal"])
def test_an_unknown_distribution_is_refused(dist):
    refused(NORMAL | {"dist": dist}, "unknown dist .*Use one of Normal")


def test_a_lacking_argument_is_refused():
    refused({k: v for k, v in NORMAL.items() if k != "sigma"}, "sigma: is missing")


@pytest.mark.parametrize(
    "spec",
    [
        NORMAL | {"sigma": -1.0},
        NORMAL | {"sigma": 0.0},
        NORMAL | {"mu": float("nan")},
        NORMAL | {"dist": "Beta", "alpha": -1.0, "beta": 2.0},
    ],
)
def test_impossible_arguments_are_refused(spec):
    with pytest.raises(PriorError):
        prior_set_from_dict(a_set(x=spec), "test.toml")


def test_a_wrong_interval_of_a_named_member_is_refused():
    item = {"igv": {"mu": 0.8, "sigma": 0.4, "interval90": [0.3, 1.458], "source": "J"}}
    refused(NORMAL | {"item": item}, r"\[parameter.x.item.igv\] interval90")


def test_a_missing_parameter_is_refused():
    priors = prior_set_from_dict(a_set(x=NORMAL), "test.toml")
    priors.require(["x"])
    with pytest.raises(PriorError, match="lacks y, z"):
        priors.require(["x", "z", "y"])
    with pytest.raises(PriorError, match="no prior for 'y'"):
        priors["y"]


def test_a_parameter_removed_from_the_literature_is_refused():
    raw = tomllib.loads((FOLDER / "literature.toml").read_text(encoding="utf-8"))
    for name in ("impact", "kernel", "gamma_state"):
        less = copy.deepcopy(raw)
        del less["parameter"][name]
        with pytest.raises(PriorError, match=name):
            prior_set_from_dict(less, "less.toml").require(parameter_names())


@pytest.mark.parametrize("kind", [None, "guess"])
def test_the_kind_must_be_stated(kind):
    with pytest.raises(PriorError, match="kind"):
        prior_set_from_dict(a_set({"name": "test", "kind": kind}, x=NORMAL), "test.toml")


@pytest.mark.parametrize("days", [[], [date(2024, 1, 2)], ["2024-01-11", "2025-11-28"]])
def test_a_learned_set_says_from_which_days(days):
    meta = {"name": "test", "kind": "learned", "learned_from": days}
    with pytest.raises(PriorError, match="which days|list of dates"):
        prior_set_from_dict(a_set(meta, x=NORMAL), "test.toml")


@pytest.mark.parametrize(
    ("first", "last", "overlaps"),
    [
        (date(2025, 12, 1), date(2026, 2, 27), False),
        (date(2025, 11, 28), date(2026, 2, 27), True),
        (date(2024, 1, 11), date(2026, 3, 31), True),
        (date(2023, 1, 1), date(2024, 1, 10), False),
        (date(2023, 1, 1), date(2024, 1, 11), True),
        (date(2024, 6, 3), date(2024, 6, 28), True),
    ],
)
def test_days_are_never_counted_twice(first, last, overlaps):
    meta = {"name": "test", "kind": "learned", "learned_from": [date(2024, 1, 11), date(2025, 11, 28)]}
    priors = prior_set_from_dict(a_set(meta, x=NORMAL), "test.toml")
    if overlaps:
        with pytest.raises(PriorError, match="overlaps"):
            priors.refuse_overlap(first, last)
    else:
        priors.refuse_overlap(first, last)
        assert priors.learned_from == (date(2024, 1, 11), date(2025, 11, 28))


def test_unknown_name_and_broken_file(tmp_path):
    with pytest.raises(PriorError, match="No prior set"):
        load_priors("nowhere")
    broken = tmp_path / "broken.toml"
    broken.write_text("[parameter.x", encoding="utf-8")
    with pytest.raises(PriorError, match="not valid TOML"):
        load_priors(broken)


def test_the_hash_follows_the_content():
    a = prior_set_from_dict(a_set(x=NORMAL), "a.toml").sha256
    assert prior_set_from_dict(a_set(x=dict(reversed(NORMAL.items()))), "b.toml").sha256 == a
    assert prior_set_from_dict(a_set(x=NORMAL | {"source": "K"}), "a.toml").sha256 != a


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("seed", date(2026, 2, 5)),
        ("ess_min", float("inf")),
        ("draws", 1.5),
        ("parent", 3),
        ("parent_sha256", "1"),
        ("panel_sha256", "G" * 64),
        ("days_of_the_fit", "2026-02-05"),
        ("merged_from", [{"name": "a", "sha256": 1, "parameters": []}]),
    ],
)
def test_where_a_set_comes_from_is_checked(key, value):
    """Nothing is computed from it, but merged sets and people go by it."""
    meta = {"name": "test", "kind": "literature"}
    good = {"seed": 1, "parent_sha256": "a" * 64, "days_of_the_fit": ["2026-02-05", "2026-02-06"]}
    assert prior_set_from_dict(a_set(meta | good, x=NORMAL), "a.toml").kind == "literature"
    with pytest.raises(PriorError, match=key):
        prior_set_from_dict(a_set(meta | {key: value}, x=NORMAL), "a.toml")
