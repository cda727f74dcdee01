"""Decomposition of every day's flow and return by channel (whose trades) and by trigger (whose shock).

Exact per draw and day: parts are the model's own trades and shocks, computed for the unattributed line too, and
their sum is *checked* against the data, never renormalised.

* Channels: a component's trades as they are booked (flow) or as they press on the price (return). The
  unattributed flow is demand specific to single funds; the unattributed return is the price shock, futures
  demand outside the ETFs included.
* Triggers: the day's loop and the lags are linear once responses are replaced by their average slopes from
  zero to the realised return, so each shock's share follows by recursion. This equals the Aumann-Shapley split
  along the day's price pressure. Impact and gamma state are held on the realised path.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from model import units
from model.attribution.ledger import Ledger, make_ledger
from model.inference.draws import Draws
from model.mechanisms.components import COMPONENTS
from model.mechanisms.design import PRE_SAMPLE, Design

FLOW_PARTS = ("unattributed", *(c.name for c in COMPONENTS), "pre_sample")
RETURN_PARTS = ("unattributed", *(c.name for c in COMPONENTS), "common_factor", "drift")
TRIGGERS = ("unattributed", *(c.name for c in COMPONENTS), "common_factor", "drift", "initial")
TOLERANCE = 1e-9
"""Relative to the largest part, and never stricter than to one unit (USD bn, log-%)."""


@dataclass(frozen=True)
class Parts:
    """Decomposition in model units (USD bn, log-%); each ``Shape: (S, T, parts)``; zero before the pre-sample ends.

    ``night_channel`` and ``night_trigger`` are the return's parts before the open, zero where it is not known.
    """

    flow_channel: np.ndarray
    return_channel: np.ndarray
    flow_trigger: np.ndarray
    return_trigger: np.ndarray
    expected_flow: np.ndarray
    trades: dict[str, np.ndarray]
    night_channel: np.ndarray
    night_trigger: np.ndarray


def decompose(draws: Draws, latents: np.ndarray, flows: np.ndarray, design: Design, seed: int) -> Parts:
    """Split flows and returns.

    Parameters
    ----------
    draws, latents, flows
        From :mod:`model.inference.draws`.
    design : Design
    seed : int
        For the prior-driven split of a shared shock among its components.

    Raises
    ------
    AssertionError
        If the parts do not sum to the observed values.
    """
    ledger = make_ledger(draws, latents, flows, design, np.random.default_rng(seed))
    flow = _flow_channels(ledger)
    ret = _return_channels(ledger)
    flow_trigger, return_trigger, night_trigger = _triggers(ledger, design)
    night = _night_channels(ledger)
    parts = Parts(
        flow, ret, flow_trigger, return_trigger, expected_flow(ledger), ledger.trades, night, night_trigger
    )
    _assert_additive(parts, ledger, design)
    return parts


def _booked(ledger: Ledger, by_fund: np.ndarray) -> np.ndarray:
    """Vendor-dated total flow of trades per fund. ``(S, T, I) -> (S, T)``."""
    out = np.zeros(by_fund.shape[:2])
    for k in range(ledger.kernel.shape[3]):
        late = by_fund[:, : by_fund.shape[1] - k] * ledger.kernel[:, : by_fund.shape[1] - k, :, k]
        out[:, k:] += late.sum(axis=2)
    return out


def _flow_channels(ledger: Ledger) -> np.ndarray:
    out = np.zeros((*ledger.lam.shape, len(FLOW_PARTS)))
    out[..., 0] = ledger.fund_noise.sum(axis=2)
    for j, c in enumerate(COMPONENTS, start=1):
        trades = ledger.accounts[c.name].by_fund.copy()
        early = trades.copy()
        trades[:, :PRE_SAMPLE] = 0.0
        early[:, PRE_SAMPLE:] = 0.0
        out[..., j] = _booked(ledger, trades)
        out[..., -1] += _booked(ledger, early)
    out[:, :PRE_SAMPLE] = 0.0
    return out


def _return_channels(ledger: Ledger) -> np.ndarray:
    out = np.zeros((*ledger.lam.shape, len(RETURN_PARTS)))
    out[..., 0] = ledger.price_shock
    for j, c in enumerate(COMPONENTS, start=1):
        out[..., j] = ledger.lam * ledger.accounts[c.name].pressure
    out[..., -2] = ledger.common
    out[..., -1] = ledger.drift
    out[:, :PRE_SAMPLE] = 0.0
    return out


def _night_channels(ledger: Ledger) -> np.ndarray:
    out = np.zeros((*ledger.lam.shape, len(RETURN_PARTS)))
    out[..., 0] = ledger.night.price_shock
    for j, a in enumerate(ledger.accounts.values(), start=1):
        out[..., j] = a.night_own + ledger.lam * a.share * a.night_answer
    out[..., -2] = ledger.night.common
    out[..., -1] = ledger.night.drift
    out[:, :PRE_SAMPLE] = 0.0
    return out


def expected_flow(ledger: Ledger) -> np.ndarray:
    """Flow expected from yesterday's trades and today's return, without today's own shocks. ``(S, T)``."""
    today = sum(a.shock_by_fund for a in ledger.accounts.values())
    same_day = (today * ledger.kernel[..., 0]).sum(axis=2)
    return ledger.total_flow - ledger.fund_noise.sum(axis=2) - same_day


def _triggers(ledger: Ledger, design: Design) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Recursion of each trigger's flow, return and overnight return through loops, lags and booking.

    Where the open is known the day has two steps: what moved the price before it, then the rest, which answers both.
    """
    samples, days = ledger.lam.shape
    funds = design.flows.shape[1]
    count = len(TRIGGERS)
    fund_flow = np.zeros((samples, days, count, funds))
    trades = np.zeros((samples, days, count, funds))
    returns = np.zeros((samples, days, count))
    fund_flow[:, :PRE_SAMPLE, -1] = ledger.flows[:, :PRE_SAMPLE]
    trades[:, :PRE_SAMPLE, -1] = np.sum([a.by_fund for a in ledger.accounts.values()], axis=0)[:, :PRE_SAMPLE]
    returns[:, :PRE_SAMPLE, -1] = design.returns[:PRE_SAMPLE]
    overnight = np.zeros((samples, days, count))
    slope = ledger.average_slopes(design)
    amplify = 1.0 / (1.0 - ledger.lam * slope.today_price)
    night_amplify = 1.0 / (1.0 - ledger.lam * slope.before_price)
    for t in range(PRE_SAMPLE, days):
        own_flow, own_price = ledger.own(t)
        before_flow, before_return = fund_flow[:, t - 1], returns[:, t - 1]
        z = own_price + ledger.price_lag[:, t, None] * before_flow.sum(axis=2)
        z += (ledger.lam[:, t] * slope.yesterday_price[:, t] + ledger.return_lag)[:, None] * before_return
        early = ledger.own_night(t) + ledger.night.return_lag[:, t, None] * before_return
        early += ledger.night.flow_lag[:, t, None] * before_flow.sum(axis=2)
        o = night_amplify[:, t, None] * early
        answered = ledger.lam[:, t] * (
            slope.night_price[:, t] + slope.today_price[:, t] - slope.before_price[:, t]
        )
        returns[:, t] = o + amplify[:, t, None] * (z - early + answered[:, None] * o)
        overnight[:, t] = o
        trades[:, t] = own_flow + ledger.flow_lag[:, None, None] * before_flow * design.listed[t]
        trades[:, t] += slope.today_flow[:, t, None] * returns[:, t, :, None]
        trades[:, t] += slope.night_flow[:, t, None] * o[..., None]
        trades[:, t] += slope.yesterday_flow[:, t, None] * before_return[..., None]
        for k in range(min(ledger.kernel.shape[3], t + 1)):
            fund_flow[:, t] += ledger.kernel[:, t - k, None, :, k] * trades[:, t - k]
        fund_flow[:, t, 0] += ledger.fund_noise[:, t]
    flow = fund_flow.sum(axis=3)
    flow[:, :PRE_SAMPLE] = 0.0
    returns[:, :PRE_SAMPLE] = 0.0
    return flow, returns, overnight


def _assert_additive(parts: Parts, ledger: Ledger, design: Design) -> None:
    m = slice(PRE_SAMPLE, None)
    checks = {
        "flow by channel": (parts.flow_channel, ledger.total_flow),
        "flow by trigger": (parts.flow_trigger, ledger.total_flow),
        "return by channel": (parts.return_channel, np.broadcast_to(design.returns, ledger.lam.shape)),
        "return by trigger": (parts.return_trigger, np.broadcast_to(design.returns, ledger.lam.shape)),
        "overnight return by channel": (
            parts.night_channel,
            np.broadcast_to(ledger.night.returns, ledger.lam.shape),
        ),
        "overnight return by trigger": (
            parts.night_trigger,
            np.broadcast_to(ledger.night.returns, ledger.lam.shape),
        ),
    }
    for name, (value, truth) in checks.items():
        gap = np.abs(value.sum(axis=2)[:, m] - truth[:, m]).max()
        if not gap < TOLERANCE * max(1.0, float(np.abs(value).max())):
            raise AssertionError(f"Decomposition of {name} misses the observed values by {gap:.3g}.")


def to_dataset(parts: Parts, design: Design, keep: np.ndarray) -> xr.Dataset:
    """Decomposition of the days ``keep`` in reporting units (USD m, log-%)."""
    bn = units.bn_to_usd_m
    flow_dims, ret_dims = ("sample", "date", "flow_part"), ("sample", "date", "return_part")
    trig = ("sample", "date", "trigger")
    data = {
        "flow_channel": (flow_dims, bn(parts.flow_channel[:, keep])),
        "return_channel": (ret_dims, parts.return_channel[:, keep]),
        "flow_trigger": (trig, bn(parts.flow_trigger[:, keep])),
        "return_trigger": (trig, parts.return_trigger[:, keep]),
        "expected_flow": (("sample", "date"), bn(parts.expected_flow[:, keep])),
        "observed_flow": (("date",), bn(design.observed_flow[keep])),
        "observed_return": (("date",), design.returns[keep]),
    }
    if "overnight" in design.measured:
        data["return_channel_overnight"] = (ret_dims, parts.night_channel[:, keep])
        data["return_trigger_overnight"] = (trig, parts.night_trigger[:, keep])
        data["observed_overnight"] = (("date",), design.measured["overnight"][keep])
    for name, value in parts.trades.items():
        data[f"latent_{name}"] = (("sample", "date"), bn(value[:, keep]))
    return xr.Dataset(
        data,
        coords={
            "date": design.dates[keep].to_numpy(),
            "flow_part": list(FLOW_PARTS),
            "return_part": list(RETURN_PARTS),
            "trigger": list(TRIGGERS),
        },
        attrs={"flow_unit": "USD m", "return_unit": "log-%"},
    )


__all__ = ["FLOW_PARTS", "RETURN_PARTS", "TRIGGERS", "Parts", "decompose", "to_dataset"]
