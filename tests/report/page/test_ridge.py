"""The ridge between booking lag and response: found where it is, labelled by its size, on page and in tables."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from model.report.tables.ridge import correlation, kernel_table, label, ridge, sentence


def posterior(slope: float, seed: int = 0) -> xr.Dataset:
    """Two funds in two regimes; the ridge is the first fund's, in the last regime."""
    rng = np.random.default_rng(seed)
    today, noise = rng.normal(0.03, 0.01, (4, 500)), rng.normal(0.0, 0.01, (4, 500))
    late = np.full((4, 500, 2, 2), 0.3) + rng.normal(0.0, 0.01, (4, 500, 2, 2))
    late[:, :, 1, 0] = 0.4 - slope * (today - 0.03) + noise
    kernel = np.stack([0.9 - late, late, np.full_like(late, 0.1)], axis=-1)
    dims = ("chain", "draw")
    return xr.Dataset(
        {"kernel": ((*dims, "regime", "fund", "lag"), kernel), "response_today": (dims, today),
         "response_yesterday": (dims, rng.normal(0.0, 0.01, (4, 500)))},
        coords={"fund": ["one", "two"], "regime": [0, 1], "lag": [0, 1, 2]},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("slope", "words"),
    [(3.0, "told apart only jointly"), (0.35, "partly confounded"), (0.0, "show no ridge")],
)
def test_the_label_follows_the_draws(slope, words):
    found = ridge(posterior(slope), "one")
    expected = -slope / np.sqrt(1.0 + slope**2)
    assert found.correlations["response_today"] == pytest.approx(expected, abs=0.06)
    assert words in label(found.correlations)
    assert words in sentence("vendor", found)
    assert "Vendor's dates: 40" in sentence("vendor", found)


def test_the_fund_asked_for_in_the_last_regime():
    assert ridge(posterior(3.0)).fund == "one"
    assert abs(ridge(posterior(3.0), "two").correlations["response_today"]) < 0.1
    assert ridge(posterior(3.0).drop_vars("kernel")) is None


def test_the_table_labels_every_kernel():
    table = kernel_table({"vendor": {"posterior": posterior(3.0)}})
    assert len(table) == 2 * 2 * 3
    joint = table[table["label"].str.contains("only jointly")]
    assert set(zip(joint["regime"], joint["fund"], strict=True)) == {(1, "one")}
    row = joint[joint["lag"] == 1].iloc[0]
    assert row["corr_response_today"] < -0.9
    assert row["low"] < row["median"] < row["high"]


def test_a_number_that_does_not_vary_has_no_correlation():
    assert np.isnan(correlation(np.ones(5), np.arange(5.0)))
    assert "no ridge" in label({"response_today": float("nan")})


def test_the_page_says_so_for_every_reading(reported_fit):
    page = (reported_fit / "report.html").read_text(encoding="utf-8")
    kernels = page.split('<ul id="kernels">')[1].split("</ul>")[0]
    assert kernels.count("<li>") == 3
    assert kernels.count("kernel and response are told apart only jointly (correlation \N{MINUS SIGN}0.") == 3
