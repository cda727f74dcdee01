"""Every trade and shock of every day, for many draws at once: the book from which decompositions are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from model.inference.arrays import arrays
from model.inference.draws import Draws
from model.mechanisms import booking as observation
from model.mechanisms import price as impact
from model.mechanisms.components import COMPONENTS, Component, State
from model.mechanisms.day import answer, answer_off_fund, book_today, iv_shock, shock_groups
from model.mechanisms.design import PRE_SAMPLE, Design


class Slopes(NamedTuple):
    """Average responses from zero to the realised return. ``price (S, T)`` in bn per %, ``flow (S, T, I)``."""

    today_price: np.ndarray
    yesterday_price: np.ndarray
    today_flow: np.ndarray
    yesterday_flow: np.ndarray


@dataclass(frozen=True)
class Ledger:
    """S draws, T days, I funds; USD bn and log-%.

    Attributes
    ----------
    lam : (S, T) impact
    kernel : (S, T, I, K) booked shares by trade date, ``K`` :attr:`model.mechanisms.design.Design.booking_lags`
    flows : (S, T, I) prints, missing ones drawn
    trades : per component (S, T), all trades
    by_fund : per component (S, T, I), trades that are booked
    shock_by_fund : per component (S, T, I), booked part of today's own shock
    pressure : per component (S, T), USD bn that press on the price
    own_price : per component (S, T), log-%: pressure of today's own decision, before loop and lags
    own_flow : per component (S, T, I), USD bn
    answers : per component (today, yesterday) trades answering returns, (S, T) each
    off_fund : per component (S, T), part of today's answer that cannot become a fund's flow
    fund_noise : (S, T, I)
    price_shock, common, drift : (S, T); the shock is all that is unattributed, futures demand and the common part of
        demand included
    price_lag : (S, T) log-% per USD bn published yesterday; return_lag, flow_lag : (S,)
    """

    lam: np.ndarray
    kernel: np.ndarray
    flows: np.ndarray
    trades: dict[str, np.ndarray]
    by_fund: dict[str, np.ndarray]
    shock_by_fund: dict[str, np.ndarray]
    pressure: dict[str, np.ndarray]
    own_price: dict[str, np.ndarray]
    own_flow: dict[str, np.ndarray]
    answers: dict[str, tuple[np.ndarray, np.ndarray]]
    off_fund: dict[str, np.ndarray]
    booked_load: dict[str, np.ndarray]
    fund_noise: np.ndarray
    price_shock: np.ndarray
    common: np.ndarray
    drift: np.ndarray
    constant: np.ndarray
    price_lag: np.ndarray
    return_lag: np.ndarray
    flow_lag: np.ndarray
    state: State

    @property
    def total_flow(self) -> np.ndarray:
        """Total of all funds' prints. ``(S, T)``."""
        return np.broadcast_to(self.flows.sum(axis=2), self.lam.shape)

    def own(self, t: int) -> tuple[np.ndarray, np.ndarray]:
        """Direct flow ``(S, J, I)`` and price pressure ``(S, J)`` of each trigger on day t."""
        zero_flow = np.zeros_like(self.fund_noise[:, t])
        flow = [zero_flow, *(self.own_flow[c.name][:, t] for c in COMPONENTS), *[zero_flow] * 3]
        price = [self.price_shock[:, t], *(self.own_price[c.name][:, t] for c in COMPONENTS)]
        price += [self.common[:, t], self.constant, np.zeros_like(self.constant)]
        return np.stack(flow, axis=1), np.stack(price, axis=1)

    def average_slopes(self, design: Design) -> Slopes:
        """Responses divided by the returns they answer."""
        today, yesterday = _safe(design.returns), _safe(design.returns_lag)
        zero = np.zeros_like(self.lam)
        price_now, price_before = zero.copy(), zero.copy()
        flow_now = np.zeros_like(self.fund_noise)
        flow_before = np.zeros_like(self.fund_noise)
        for c in COMPONENTS:
            now, late = self.answers[c.name]
            price_now += now / today
            price_before += late / yesterday
            flow_now += self.booked_load[c.name] * ((now - self.off_fund[c.name]) / today)[..., None]
            flow_before += self.booked_load[c.name] * (late / yesterday)[..., None]
        return Slopes(price_now, price_before, flow_now, flow_before)


def _safe(r: np.ndarray) -> np.ndarray:
    """Returns to divide by; answers to a zero return are zero, so any divisor will do."""
    return np.where(r == 0.0, 1.0, r)


def make_ledger(draws: Draws, latents: np.ndarray, flows: np.ndarray, design: Design, rng) -> Ledger:
    """Work out every trade and shock at the observed data."""
    d = arrays(design)
    p = {k: (v[:, None] if v.ndim == 1 else v) for k, v in draws.items()}
    count, days = latents.shape[:2]
    lam = impact.impact(p, d["ratio"])
    state = _state(p, d, lam)
    flows = np.broadcast_to(flows, (count, *flows.shape[1:]))
    flows_lag = np.concatenate(
        [np.broadcast_to(d["flows_lag"][:1], (count, 1, flows.shape[2])), flows[:, :-1]], 1
    )
    flows_lag = flows_lag * d["listed"]
    load = _loadings(p, d)
    kernel = _kernel(draws, d, design.booking_lags)
    shocks = split_shocks(draws, latents, rng)
    trades, by_fund, shock_fund, pressure, own_price = ({} for _ in range(5))
    own_flow, answers, off_fund, booked_load = ({} for _ in range(4))
    for c in COMPONENTS:
        today = answer(c, p, state, d["returns"]).value + np.zeros((count, days))
        off = answer_off_fund(c, p, state, d["returns"]).value + np.zeros((count, days))
        late = c.lag_response(p, d["returns_lag"]) + np.zeros((count, days))
        mean = np.asarray(c.fund_mean(p)) + np.zeros((count, flows.shape[2]))
        mean = mean[:, None, :] * d["listed"]
        react = np.asarray(c.fund_lag(p)) + np.zeros((count, 1))
        decided = c.drive(p, state) + shocks[c.name]
        direct = decided + mean.sum(axis=2)
        published = react * flows_lag.sum(axis=2)
        before_loop = direct + late + published
        scale = np.asarray(c.booked(p)) + np.zeros((count, 1))
        share = c.price_share(p) + np.zeros((count, 1))
        fraction = scale[..., None] * load[c.loading]
        name = c.name
        trades[name] = before_loop + today
        booked_load[name] = fraction
        fixed = scale[..., None] * mean
        own_flow[name] = fraction * decided[..., None] + fixed
        by_fund[name] = (
            fraction * (decided + late + today - off)[..., None]
            + fixed
            + (scale * react)[..., None] * flows_lag
        )
        shock_fund[name] = fraction * shocks[name][..., None]
        pressure[name] = share * before_loop + today
        own_price[name] = lam * share * direct
        answers[name], off_fund[name] = (today, share * late), off
    booked = sum(by_fund.values())
    fund_noise = flows.copy()
    for k in range(kernel.shape[3]):
        fund_noise[:, k:] -= kernel[:, : days - k, :, k] * booked[:, : days - k]
    fund_noise *= d["listed"]
    fund_noise[:, :PRE_SAMPLE] = 0.0
    common = draws["factor_beta"] @ d["factor_returns"].T
    drift = (
        p["drift"] + p["lagged_flow_return"] * flows_lag.sum(axis=2) + p["lagged_return"] * d["returns_lag"]
    )
    price_shock = d["returns"] - lam * sum(pressure.values()) - common - drift
    react_price = sum(c.price_share(p) * c.fund_lag(p) for c in COMPONENTS)
    book_lag = sum(c.booked(p) * c.fund_lag(p) for c in COMPONENTS)
    return Ledger(
        lam, kernel, flows, trades, by_fund, shock_fund, pressure, own_price, own_flow, answers, off_fund,
        booked_load, fund_noise, price_shock, common, drift, draws["drift"],
        lam * react_price + p["lagged_flow_return"], draws["lagged_return"], np.asarray(book_lag)[:, 0], state,
    )  # fmt: skip


def _state(p, d, lam) -> State:
    return State(
        stress=d["stress"],
        basket=d["basket"],
        gamma=d["gamma"],
        gamma_state=p["gamma_state"][:, d["week"]],
        impact=lam,
        iv_shock=iv_shock(p, d),
        barrier=d["barrier"],
        live=d["live"],
        barrier_width=d["barrier_width"],
        book=book_today(d),
    )


def _loadings(p, d) -> dict[str, np.ndarray]:
    """Normalised loadings ``(S, T, I)``."""
    weights = observation.loading_weights(p, d, np)
    out = {}
    for kind, w in zip(observation.LOADINGS, weights, strict=True):
        listed = w[:, None, :] * d["listed"]
        total = listed.sum(axis=2, keepdims=True)
        out[kind] = np.divide(listed, total, out=np.zeros_like(listed), where=total > 0)
    return out


def _kernel(draws: Draws, d, lags: int) -> np.ndarray:
    """Booked shares of each trade date ``(S, T, I, K)``: a day later for what is created late."""
    late = (draws["late_creation"][:, None, None] * d["late_window"])[..., None]
    kernel = draws["kernel"][:, d["regime"]]
    kernel = np.concatenate([kernel, np.zeros((*kernel.shape[:3], lags - kernel.shape[3]))], axis=3)
    moved = d["next_day"][..., None]
    return (1.0 - moved) * ((1.0 - late) * kernel + late * np.roll(kernel, 1, axis=3)) + moved * np.eye(lags)[
        1
    ]


def split_shocks(draws: Draws, latents: np.ndarray, rng) -> dict[str, np.ndarray]:
    """Each component's own shock. A shared shock is split by its prior-driven shares, residual noise included.

    Given the sum X of independent normals with variance shares w, component j is normal with mean w_j X.
    """
    out: dict[str, np.ndarray] = {c.name: np.zeros(latents.shape[:2]) for c in COMPONENTS}
    for g, group in enumerate(shock_groups()):
        members = [c for c in COMPONENTS if c.shock is not None and c.shock.group == group]
        total = latents[..., g]
        if len(members) == 1:
            out[members[0].name] = total
            continue
        shares = _shares(members, draws)
        sd = draws[f"{group}_scale"][:, None] * np.exp(draws["flow_state"])
        noise = np.sqrt(shares)[..., None] * rng.standard_normal((len(members), *total.shape)) * sd
        excess = noise.sum(axis=0)
        for j, c in enumerate(members):
            out[c.name] = shares[j][:, None] * (total - excess) + noise[j]
    return out


def _shares(members: list[Component], draws: Draws) -> np.ndarray:
    """Variance shares of a group's members. ``(members, S)``."""
    stated = {c.name: draws[c.shock.share] for c in members if c.shock and c.shock.share}
    rest = 1.0 - sum(stated.values())
    return np.stack([stated.get(c.name, rest) for c in members])
