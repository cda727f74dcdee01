"""The ridge between booking lags and responses: a trade of today booked tomorrow looks like one of tomorrow.

A kernel and the responses to today's and yesterday's return enter the mean of a fund's print as a convolution: more
mass at lag one with more response to today's return predicts nearly the same prints as less of both with more response
to yesterday's. How far the data tell them apart is the correlation of their posterior draws, and that decides how a
kernel is labelled.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from model.report.tables.lines import QUANTILES, READINGS, Readings
from model.report.tables.text import number, percent

RESPONSES = ("response_today", "response_yesterday")
NEXT_DAY = 1
"""Lag that looks like a response to yesterday's return."""
STRONG, WEAK = 0.5, 0.2
"""Correlation from which kernel and response are told apart only jointly, and below which no ridge is seen."""


class Ridge(NamedTuple):
    """Draws of one reading.

    Attributes
    ----------
    fund : str
    share : numpy.ndarray
        Share of a trade booked on the next day, in the panel's last kernel regime. ``Shape: (S,)``.
    responses : dict of str to numpy.ndarray
        Response to today's and to yesterday's return, USD bn per log-%. Each ``Shape: (S,)``.
    """

    fund: str
    share: np.ndarray
    responses: dict[str, np.ndarray]

    @property
    def correlations(self) -> dict[str, float]:
        """Posterior correlation of the share with each response."""
        return {k: correlation(self.share, v) for k, v in self.responses.items()}


def correlation(x: np.ndarray, y: np.ndarray) -> float:
    """Of two sets of draws; NaN where one does not vary."""
    return float(np.corrcoef(x, y)[0, 1]) if x.std() > 0.0 and y.std() > 0.0 else float("nan")


def ridge(posterior: xr.Dataset, fund: str | None = None) -> Ridge | None:
    """Draws of a fund's kernel and of the responses; None where the fit has no kernel.

    Parameters
    ----------
    posterior : xarray.Dataset
        With dimensions ``chain, draw``.
    fund : str, optional
        Default: the first.
    """
    if "kernel" not in posterior:
        return None
    kernel = posterior["kernel"].transpose("chain", "draw", "regime", "fund", "lag")
    funds = [str(f) for f in kernel["fund"].to_numpy()]
    chosen = fund if fund in funds else funds[0]
    share = kernel.to_numpy()[:, :, -1, funds.index(chosen), NEXT_DAY].ravel()
    return Ridge(chosen, share, {n: posterior[n].to_numpy().ravel() for n in RESPONSES})


def label(correlations: dict[str, float]) -> str:
    """How a kernel with these correlations may be read."""
    size = max((abs(c) for c in correlations.values() if np.isfinite(c)), default=0.0)
    if size >= STRONG:
        return "kernel and response are told apart only jointly"
    return "kernel and response show no ridge" if size < WEAK else "kernel and response are partly confounded"


def sentence(reading: str, r: Ridge) -> str:
    """The kernel of the option fund with its label, for the report."""
    low, median, high = np.quantile(r.share, QUANTILES)
    today, yesterday = (number(r.correlations[n], 2) for n in RESPONSES)
    return (
        f"{READINGS.get(reading, reading)}: {percent(median)} [{percent(low)}, {percent(high)}] of the option fund's trades "
        f"are booked on the next day; {label(r.correlations)} (correlation {today} with the response to today's return, "
        f"{yesterday} with that to yesterday's)."
    )


def kernel_table(posterior: Readings) -> pd.DataFrame:
    """Booking kernels with their label: one row per reading, regime, fund and lag.

    Returns
    -------
    pandas.DataFrame
        ``reading, regime, fund, lag, low, median, high, corr_response_today, corr_response_yesterday, label``.
        The label goes by the correlations of the share at lag one.
    """
    rows = []
    for reading in (r for r in READINGS if r in set(posterior)):
        data = posterior[reading]["posterior"]
        data = data.to_dataset() if isinstance(data, xr.DataTree) else data
        if "kernel" not in data:
            continue
        responses = {n: data[n].to_numpy().ravel() for n in RESPONSES}
        stacked = data["kernel"].transpose("regime", "fund", "lag", "chain", "draw")
        for regime, of_regime in zip(stacked["regime"].to_numpy(), stacked.to_numpy(), strict=True):
            for fund, shares in zip(stacked["fund"].to_numpy(), of_regime, strict=True):
                draws = shares.reshape(len(shares), -1)
                said = label({n: correlation(draws[NEXT_DAY], y) for n, y in responses.items()})
                for lag, x in enumerate(draws):
                    low, median, high = np.quantile(x, QUANTILES)
                    found = {f"corr_{n}": correlation(x, y) for n, y in responses.items()}
                    head = {"reading": reading, "regime": int(regime), "fund": str(fund), "lag": lag}
                    rows.append(head | {"low": low, "median": median, "high": high} | found | {"label": said})
    return pd.DataFrame(rows)
