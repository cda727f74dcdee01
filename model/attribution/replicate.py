"""Replicates of every day of a fit: the flow given the day's return, the return given its factors and stress."""

from __future__ import annotations

import numpy as np
import xarray as xr

from model import units
from model.attribution.predict import predict, within
from model.inference.draws import Draws
from model.mechanisms.design import PRE_SAMPLE, Design


def replicate(draws: Draws, design: Design, seed: int, first: int = PRE_SAMPLE) -> xr.Dataset:
    """Draw each day's flow and return again, given the days before it.

    The day's shocks and scales are drawn afresh. The flow is given what its close shows (:mod:`model.attribution.predict`),
    so shocks and scales are those that the day's return allows; the return is given the day's factors and stress.

    Parameters
    ----------
    draws : mapping
        Draws of the design's own fit, each ``Shape: (S, ...)``.
    design : Design
    seed : int
    first : int
        First day to replicate.

    Returns
    -------
    xarray.Dataset
        Dims ``sample, date``, from day ``first`` on: ``flow`` (USD m), ``return`` (log-%), and ``flow_mean``, the flow's
        mean under each draw of the parameters: its spread is what is not known of parameters and state, its draws leave
        out the day's own shocks. By ``date``: ``flow_percentile`` and ``flow_log_density`` (per USD m) of the observed
        flow in its predictive distribution.
    """
    found = predict(draws, design, within(design), "return", first=first, replicate=True, seed=seed)
    assert found.replicated is not None
    keep, by_draw = slice(first, None), ("sample", "date")
    return xr.Dataset(
        {
            "flow": (by_draw, units.bn_to_usd_m(found.flows[:, keep].sum(axis=2))),
            "flow_mean": (by_draw, units.bn_to_usd_m(found.mean[:, keep, 0])),
            "return": (by_draw, found.replicated[:, keep]),
            "flow_percentile": (("date",), units.PERCENT * found.below[keep, 0]),
            "flow_log_density": (("date",), found.log_density[keep, 0] - np.log(units.bn_to_usd_m(1.0))),
        },
        coords={"date": design.dates[keep].to_numpy()},
        attrs={"flow_unit": "USD m", "return_unit": "log-%"},
    )


def with_expected(decomposition: xr.Dataset, again: xr.Dataset) -> xr.Dataset:
    """A decomposition with each day's flow as it was to be expected at the close, before its print.

    Parameters
    ----------
    decomposition : xarray.Dataset
        With dims ``sample, date``.
    again : xarray.Dataset
        From :func:`replicate`, of the same draws or some of them (each then stands more than once), and at least the
        same days.

    Returns
    -------
    xarray.Dataset
        ``expected_flow`` are draws of the predictive distribution, ``expected_mean`` its mean under each draw of the
        parameters; USD m.
    """
    here, count = again.sel(date=decomposition["date"]), decomposition.sizes["sample"]
    repeated = np.arange(count) * here.sizes["sample"] // count
    flow, mean = (
        here[name].transpose("sample", "date").to_numpy()[repeated] for name in ("flow", "flow_mean")
    )
    return decomposition.assign(
        expected_flow=(("sample", "date"), flow), expected_mean=(("sample", "date"), mean)
    )
