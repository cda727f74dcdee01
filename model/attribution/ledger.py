"""Every trade and shock of every day, for many draws at once: the book from which decompositions are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from model.inference.arrays import arrays
from model.inference.draws import Draws
from model.mechanisms import booking, price
from model.mechanisms.components import COMPONENTS, Component, State
from model.mechanisms.day import (
    answer,
    answer_off_fund,
    answer_overnight,
    damping,
    day_factor,
    make_state,
    shock_groups,
)
from model.mechanisms.design import PRE_SAMPLE, Design
from model.mechanisms.measurements.overnight import HOURS


class Slopes(NamedTuple):
    """Average responses from zero to the realised return. ``price (S, T)`` in bn per %, ``flow (S, T, I)``.

    ``night``: to the overnight return, beyond the response to the day's; ``before``: given before the open.
    """

    today_price: np.ndarray
    yesterday_price: np.ndarray
    today_flow: np.ndarray
    yesterday_flow: np.ndarray
    night_price: np.ndarray
    night_flow: np.ndarray
    before_price: np.ndarray


@dataclass(frozen=True)
class Ledger:
    """S draws, T days, I funds; USD bn and log-%.

    Attributes
    ----------
    lam : (S, T) impact
    kernel : (S, T, I, K) booked shares by trade date, ``K`` :attr:`model.mechanisms.design.Design.booking_lags`
    flows : (S, T, I) prints, missing ones drawn
    accounts : Account per component
        ``trades (S, T)``, all trades; ``by_fund (S, T, I)``, those that are booked; ``shock_by_fund (S, T, I)``, booked part
        of today's own shock; ``pressure (S, T)``, USD bn that press on the price; ``own_price (S, T)``, log-%: pressure of
        today's own decision, before loop and lags; ``own_flow (S, T, I)``; ``answers``, (today, yesterday) trades
        answering returns, (S, T) each; ``off_fund (S, T)``, part of today's answer that cannot become a fund's flow;
        ``booked_load (S, T, I)``, share of a trade that a fund books; ``share (S, T)``, pressure of a USD bn relative to the
        funds' trades; ``night_slope (S, T)``, USD bn per log-% before the open, beyond the answer to the day's return;
        ``night_own (S, T)``, log-%, and ``night_answer (S, T)``, USD bn: own shock and answer before the open
    fund_noise : (S, T, I)
    price_shock, common, drift : (S, T); the shock is all that is unattributed, futures demand and the common part of
        demand included
    price_lag : (S, T) log-% per USD bn published yesterday; return_lag, flow_lag : (S,)
    """

    lam: np.ndarray
    kernel: np.ndarray
    flows: np.ndarray
    accounts: dict[str, Account]
    fund_noise: np.ndarray
    price_shock: np.ndarray
    common: np.ndarray
    drift: np.ndarray
    constant: np.ndarray
    price_lag: np.ndarray
    return_lag: np.ndarray
    flow_lag: np.ndarray
    state: State
    night: Night

    @property
    def trades(self) -> dict[str, np.ndarray]:
        """All trades by component. ``(S, T)``, USD bn."""
        return {name: a.trades for name, a in self.accounts.items()}

    @property
    def total_flow(self) -> np.ndarray:
        """Total of all funds' prints. ``(S, T)``."""
        return np.broadcast_to(self.flows.sum(axis=2), self.lam.shape)

    def own(self, t: int) -> tuple[np.ndarray, np.ndarray]:
        """Direct flow ``(S, J, I)`` and price pressure ``(S, J)`` of each trigger on day t."""
        zero_flow = np.zeros_like(self.fund_noise[:, t])
        flow = [zero_flow, *(a.own_flow[:, t] for a in self.accounts.values()), *[zero_flow] * 3]
        price = [self.price_shock[:, t], *(a.own_price[:, t] for a in self.accounts.values())]
        price += [self.common[:, t], self.constant, np.zeros_like(self.constant)]
        return np.stack(flow, axis=1), np.stack(price, axis=1)

    def own_night(self, t: int) -> np.ndarray:
        """Price pressure of each trigger before the open of day t, log-%. ``(S, J)``."""
        n, zero = self.night, np.zeros_like(self.constant)
        price = [n.price_shock[:, t], *(a.night_own[:, t] for a in self.accounts.values())]
        return np.stack([*price, n.common[:, t], n.constant[:, t], zero], axis=1)

    def average_slopes(self, design: Design) -> Slopes:
        """Responses divided by the returns they answer."""
        today, yesterday = _safe(design.returns), _safe(design.returns_lag)
        zero = np.zeros_like(self.lam)
        price_now, price_before = zero.copy(), zero.copy()
        flow_now = np.zeros_like(self.fund_noise)
        flow_before = np.zeros_like(self.fund_noise)
        night, night_flow = zero.copy(), np.zeros_like(self.fund_noise)
        early = zero.copy()
        for a in self.accounts.values():
            now, late = a.answers
            price_now += a.share * now / today
            price_before += late / yesterday
            flow_now += a.booked_load * ((now - a.off_fund) / today)[..., None]
            flow_before += a.booked_load * (late / yesterday)[..., None]
            night += a.share * a.night_slope
            night_flow += a.booked_load * a.night_slope[..., None]
            early += a.share * a.night_answer / _safe(self.night.returns)
        return Slopes(price_now, price_before, flow_now, flow_before, night, night_flow, early)


def _safe(r: np.ndarray) -> np.ndarray:
    """Returns to divide by; answers to a zero return are zero, so any divisor will do."""
    return np.where(r == 0.0, 1.0, r)


class Night(NamedTuple):
    """What moved the price before the open; zero on days whose open is not known. ``(S, T)``, log-%.

    Attributes
    ----------
    returns : (T,) the overnight return
    opens : (T,) 1 where it is known
    price_shock, common : unattributed, and common factors
    constant : the drift's part before the open
    flow_lag, return_lag : weight of yesterday's flow and return, which press before the open where it is known
    drift : drift and lags together
    """

    returns: np.ndarray
    opens: np.ndarray
    price_shock: np.ndarray
    common: np.ndarray
    constant: np.ndarray
    flow_lag: np.ndarray
    return_lag: np.ndarray
    drift: np.ndarray


class Account(NamedTuple):
    """One component's entries of a ledger; shapes as in :class:`Ledger`."""

    trades: np.ndarray
    by_fund: np.ndarray
    shock_by_fund: np.ndarray
    pressure: np.ndarray
    own_price: np.ndarray
    own_flow: np.ndarray
    answers: tuple[np.ndarray, np.ndarray]
    off_fund: np.ndarray
    booked_load: np.ndarray
    share: np.ndarray
    night_slope: np.ndarray
    night_own: np.ndarray
    night_answer: np.ndarray


class _Books(NamedTuple):
    """What every account is written from."""

    p: dict[str, np.ndarray]
    d: dict[str, Any]
    state: State
    flows_lag: np.ndarray
    load: dict[str, np.ndarray]
    damping: np.ndarray


def make_ledger(draws: Draws, latents: np.ndarray, flows: np.ndarray, design: Design, rng) -> Ledger:
    """Work out every trade and shock at the observed data."""
    d = arrays(design)
    p = {k: (v[:, None] if v.ndim == 1 else v) for k, v in draws.items()}
    count, days = latents.shape[:2]
    lam = price.impact(p, d["ratio"])
    flows = np.broadcast_to(flows, (count, *flows.shape[1:]))
    flows_lag = np.concatenate(
        [np.broadcast_to(d["flows_lag"][:1], (count, 1, flows.shape[2])), flows[:, :-1]], 1
    )
    state = make_state(p, d)
    books = _Books(p, d, state, flows_lag * d["listed"], _loadings(p, d), damping(p, state))
    shocks, night = split_shocks(draws, latents, rng), _night_shocks(latents)
    accounts = {c.name: _account(c, shocks[c.name], night[c.name], books) for c in COMPONENTS}
    kernel = _kernel(draws, d, design.booking_lags)
    factors = d["factor_returns"].T + (p["factor_night"] - 1.0)[..., None] * d["night_factors"].T
    common = np.einsum(
        "sj,sjt->st", draws["factor_beta"], np.broadcast_to(factors, (count, *factors.shape[1:]))
    )
    drift = (
        p["drift"]
        + p["lagged_flow_return"] * books.flows_lag.sum(axis=2)
        + p["lagged_return"] * d["returns_lag"]
    )
    pressure = sum(a.pressure for a in accounts.values())
    react_price = sum(c.price_share(p, state) * c.fund_lag(p) for c in COMPONENTS)
    book_lag = sum(c.booked(p) * c.fund_lag(p) for c in COMPONENTS)
    return Ledger(
        lam=lam,
        kernel=kernel,
        flows=flows,
        accounts=accounts,
        fund_noise=_fund_noise(flows, kernel, np.sum([a.by_fund for a in accounts.values()], axis=0), d),
        price_shock=d["returns"] - lam * pressure - common - drift,
        common=common,
        drift=drift,
        constant=draws["drift"],
        price_lag=lam * react_price + p["lagged_flow_return"],
        return_lag=draws["lagged_return"],
        flow_lag=np.asarray(book_lag)[:, 0],
        state=books.state,
        night=_before_open(draws, books, accounts, drift),
    )


def _before_open(draws: Draws, b: _Books, accounts: dict[str, Account], drift: np.ndarray) -> Night:
    """The overnight return by what moved it."""
    p, d = b.p, b.d
    opens, zero = d["opens"], np.zeros_like(drift)
    common = opens * p["factor_night"] * (draws["factor_beta"] @ d["night_factors"].T)
    lagged = opens * (drift - (1.0 - HOURS) * p["drift"])
    moved = sum(a.night_own + b.state.impact * a.share * a.night_answer for a in accounts.values())
    return Night(
        returns=d["night"],
        opens=opens,
        price_shock=opens * (d["night"] - moved - common - lagged),
        common=common + zero,
        constant=opens * HOURS * p["drift"] + zero,
        flow_lag=opens * p["lagged_flow_return"] + zero,
        return_lag=opens * p["lagged_return"] + zero,
        drift=lagged,
    )


def _night_shocks(latents: np.ndarray) -> dict[str, np.ndarray]:
    """Each component's own shock before the open. ``(S, T)``, USD bn."""
    groups = shock_groups()
    zero = np.zeros(latents.shape[:2])
    return {c.name: latents[..., groups.index(c.night)] if c.night else zero for c in COMPONENTS}


def _account(c: Component, shock: np.ndarray, night: np.ndarray, b: _Books) -> Account:
    """One component's trades, and where they go."""
    p, d = b.p, b.d
    zero = np.zeros(shock.shape)
    today = answer(c, p, b.state, d["returns"]).value + zero
    off = answer_off_fund(c, p, b.state, d["returns"]).value + zero
    late = c.lag_response(p, b.state, d["returns_lag"]) + zero
    mean = (c.fund_mean(p, b.state) + zero[..., None]) * d["listed"]
    react = np.asarray(c.fund_lag(p)) + zero[:, :1]
    decided = c.drive(p, b.state) + shock
    direct = decided + mean.sum(axis=2)
    before_loop = direct + late + react * b.flows_lag.sum(axis=2)
    scale = (np.asarray(c.booked(p)) + zero[:, :1]) * ("flow" in c.reaches)
    share = c.price_share(p, b.state) + zero
    slope = b.damping * c.night_slope(p, b.state) + zero
    early = answer_overnight(c, p, b.state).value * d["opens"] + zero
    after = today + slope * d["night"]
    fraction = scale[..., None] * b.load[c.loading]
    fixed = scale[..., None] * mean
    booked = fraction * (decided + late + after - off)[..., None]
    return Account(
        trades=before_loop + after,
        by_fund=booked + fixed + (scale * react)[..., None] * b.flows_lag,
        shock_by_fund=fraction * shock[..., None],
        pressure=share * (before_loop + after),
        own_price=b.state.impact * share * direct,
        own_flow=fraction * decided[..., None] + fixed,
        answers=(today, share * late),
        off_fund=off,
        booked_load=fraction,
        share=share,
        night_slope=slope,
        night_own=d["opens"] * b.state.impact * share * night,
        night_answer=early,
    )


def _fund_noise(flows: np.ndarray, kernel: np.ndarray, booked: np.ndarray, d) -> np.ndarray:
    """Prints less what is booked. ``(S, T, I)``, zero before the pre-sample ends and where a fund is not listed."""
    out = flows.copy()
    days = flows.shape[1]
    for k in range(kernel.shape[3]):
        out[:, k:] -= kernel[:, : days - k, :, k] * booked[:, : days - k]
    out *= d["listed"]
    out[:, :PRE_SAMPLE] = 0.0
    return out


def _loadings(p, d) -> dict[str, np.ndarray]:
    """Normalised loadings ``(S, T, I)``."""
    weights = booking.loading_weights(p, d, np)
    out = {}
    for kind, w in zip(booking.LOADINGS, weights, strict=True):
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
        members = [c for c in COMPONENTS if group in (c.night, c.shock.group if c.shock else None)]
        total = latents[..., g]
        if len(members) == 1:
            out[members[0].name] = out[members[0].name] + total
            continue
        shares = _shares(members, draws)
        sd = draws[f"{group}_scale"][:, None] * np.sqrt(_factor(members[0], draws))
        noise = np.sqrt(shares)[..., None] * rng.standard_normal((len(members), *total.shape)) * sd
        excess = noise.sum(axis=0)
        for j, c in enumerate(members):
            out[c.name] = shares[j][:, None] * (total - excess) + noise[j]
    return out


def _factor(c: Component, draws: Draws) -> np.ndarray:
    return day_factor(c, {k: (v[:, None] if v.ndim == 1 else v) for k, v in draws.items()}) * np.ones((1, 1))


def _shares(members: list[Component], draws: Draws) -> np.ndarray:
    """Variance shares of a group's members. ``(members, S)``."""
    stated = {c.name: draws[c.shock.share] for c in members if c.shock and c.shock.share}
    rest = 1.0 - sum(stated.values())
    return np.stack([stated.get(c.name, rest) for c in members])
