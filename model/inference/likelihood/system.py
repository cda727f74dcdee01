r"""The Gaussian system of one fit: prior rows of daily shocks, and every measurement of them.

Unknowns per day: one shock per linked shock group (USD bn), the deviation ``g`` of the futures premium from its carry
(% of price), and any missing fund print (a missing number is an unknown, never a filled-in value). Rows:

.. math::
    u_t:\;& b_t - b_f\,(g_t - \varphi g_{t-1} + c_B b_t - d_t) = \sigma_B u_t \\
    w_t:\;& g_t - \varphi g_{t-1} + c_B b_t - d_t = \sigma_w w_t \\
    \text{fund}:\;& F_{i,t} = \textstyle\sum_k \pi_{i,t-k,k} Z_{i,t-k} + e_{i,t} \\
    \text{measured}:\;& \textstyle\sum_j a_{j,t} x_{j,t} = b_t + e_t

The fund rows' :math:`\pi` is the kernel where no trade is late. In the late window a share :math:`L` of a trade
(:attr:`Inputs.late`) is created a day later and takes the kernel's time from there,
:math:`(1 - L)\,\pi_k + L\,\pi_{k-1}`, which reaches one lag further than the kernel (:attr:`Frame.reach`); in the
next-day reading the whole trade is booked at :math:`k = 1`.

Four families of rows are filled here (:class:`Families`); the rows of measurements come filled (:class:`Measured`), and
their derivatives go back as they are. ``fill`` states coefficients, targets and variances; ``adjoint.pull`` carries the
likelihood's derivatives back to the inputs.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from model.inference.likelihood.jit import jit
from model.inference.likelihood.rows import Measured, Rows, empty_rows


class Inputs(NamedTuple):
    """What parameters decide. T days, G linked shock groups, L loadings, I funds, R kernel regimes, K lags, E
    measurements with S terms in all.

    Attributes
    ----------
    demand : (T,) % of price: what the return and known basis trades do to the premium's deviation
    trades : (L, T) USD bn: known booked trades by loading
    group_booked : (G,) booked share of each shock
    fund_mean : (T, I) USD bn
    fund_lag : (1,) reaction to a fund's own published flow
    weights : (L, I) unnormalised loadings
    kernel : (R, I, K)
    late : (1,) share of the trades of the late window that is created, and so booked, one day later
    fund_var : (I,) variance of fund-specific flows
    flow_mix : (T,) precision of the day's flow shocks
    group_var : (G,)
    premium : (5,) b_f, c_B, phi, shock variance, variance of the first day's deviation
    row_coef : (S, T) coefficients of the measurements' terms
    row_target, row_var : (E, T)
    """

    demand: np.ndarray
    trades: np.ndarray
    group_booked: np.ndarray
    fund_mean: np.ndarray
    fund_lag: np.ndarray
    weights: np.ndarray
    kernel: np.ndarray
    late: np.ndarray
    fund_var: np.ndarray
    flow_mix: np.ndarray
    group_var: np.ndarray
    premium: np.ndarray
    row_coef: np.ndarray
    row_target: np.ndarray
    row_var: np.ndarray


class Data(NamedTuple):
    """What was measured; may change without recompiling. Missing numbers are zero and never read.

    ``flows, flows_lag, next_day, late_window (T, I)``; see :class:`Design`. ``listed, read (T, I)`` and
    ``row_weight (E, T)`` are 0/1; ``print_var (T, I)`` is the variance of a print around the trades it stands for, because
    creations come in whole baskets, and because vendors differ where there are several. A fund's print is ``read`` if it
    is there or an unknown stands for it: one that is missing on the last day reaches no later row and needs none.
    """

    flows: np.ndarray
    flows_lag: np.ndarray
    next_day: np.ndarray
    late_window: np.ndarray
    listed: np.ndarray
    print_var: np.ndarray
    read: np.ndarray
    row_weight: np.ndarray


class Frame(NamedTuple):
    """What the dates and the pattern of missing numbers fix; all integers.

    Attributes
    ----------
    column : (T, G + 1) unknown of each shock and of the premium
    missing : (T, I) unknown of a missing print, -1 where none
    gap_fund : (M, T) fund whose print is missing in each of the day's spare unknowns, -1 where none
    regime : (T,) booking-kernel regime
    axes : (2,) number of loadings, and of the kernel's lags
    reach : (1,) number of lags at which trades are booked: the kernel's, and one more with a late window
    group_loading : (G,) loading of each group
    group_mixed : (G,) 1 where the day's flow precision scales the shock
    basis : (1,) index of the group that trades against futures
    lag, slot : (C,) columns of all families and measurements, one after the other, see :func:`columns`
    family : (F + E + 1,) where the columns of each family, then of each measurement, start
    first, shape : band of the system, see :class:`model.inference.likelihood.rows.Band`
    """

    column: np.ndarray
    missing: np.ndarray
    gap_fund: np.ndarray
    regime: np.ndarray
    reach: np.ndarray
    axes: np.ndarray
    group_loading: np.ndarray
    group_mixed: np.ndarray
    basis: np.ndarray
    lag: np.ndarray
    slot: np.ndarray
    family: np.ndarray
    first: np.ndarray
    shape: np.ndarray


class Booking(NamedTuple):
    """How trades become prints.

    Attributes
    ----------
    share : (reach, I, T) share of the trades of day t that is booked k days later
    load : (L, I, T) normalised loadings
    known : (I, T) USD bn: trades known given the parameters
    """

    share: np.ndarray
    load: np.ndarray
    known: np.ndarray


class Families(NamedTuple):
    """The rows of every day that are filled here.

    Attributes
    ----------
    trade : basis shock and futures-demand shock
    shock : the other groups' shocks, one row each
    fund : one print per fund
    spare : unknowns of days with fewer missing prints than others
    """

    trade: Rows
    shock: Rows
    fund: Rows
    spare: Rows


def columns(groups: int, basis: int, gaps: int, lags: int) -> list[np.ndarray]:
    """Lag and slot ``(2, C)`` of each family's columns, in the order of :class:`Families`.

    Slots of a day: G shocks, the premium's deviation, M spare unknowns for missing prints. In the fund rows, lags x G
    shocks come first, then the day's own missing prints, then for each lag those of the day before it.
    """
    every, others = range(groups), [g for g in range(groups) if g != basis]
    spare = range(groups + 1, groups + 1 + gaps)
    pairs = [
        [(0, basis), (0, groups), (1, groups)],
        [(0, g) for g in others],
        [*((k, g) for k in range(lags) for g in every), *((k, m) for k in range(lags + 1) for m in spare)],
        [(0, m) for m in spare],
    ]
    return [as_columns(p) for p in pairs]


def as_columns(pairs) -> np.ndarray:
    """Lag and slot of columns. ``(2, C)``."""
    return np.array(pairs, dtype=np.int64).reshape(-1, 2).T


@jit
def booking(inputs, data, frame):
    """Booked shares, loadings and known trades of each trade date (:class:`Booking`)."""
    days, funds = data.listed.shape
    lags = inputs.kernel.shape[2]
    kinds = inputs.weights.shape[0]
    share = np.empty((frame.reach[0], funds, days))
    load = np.empty((kinds, funds, days))
    known = np.empty((funds, days))
    listed = np.ascontiguousarray(data.listed.T)
    total = np.empty(days)
    for l in range(kinds):
        total[:] = 1e-300
        for i in range(funds):
            a, weight = listed[i], inputs.weights[l, i]
            for t in range(days):
                total[t] += weight * a[t]
        total[:] = 1.0 / total
        for i in range(funds):
            a, weight, out = listed[i], inputs.weights[l, i], load[l, i]
            for t in range(days):
                out[t] = weight * a[t] * total[t]
    for i in range(funds):
        moved = data.next_day[:, i].copy()
        for k in range(lags):
            out, kernel, tomorrow = share[k, i], inputs.kernel[:, i, k], 1.0 * (k == 1)
            for t in range(days):
                out[t] = (1.0 - moved[t]) * kernel[frame.regime[t]] + moved[t] * tomorrow
        if len(share) > lags:
            late = inputs.late[0] * (1.0 - moved) * data.late_window[:, i]
            share[lags, i] = 0.0
            for k in range(lags, 0, -1):
                share[k, i] += late * (share[k - 1, i] - share[k, i])
            share[0, i] -= late * share[0, i]
        out, a, mean, follow = known[i], listed[i], inputs.fund_mean[:, i], inputs.fund_lag[0]
        for t in range(days):
            out[t] = a[t] * (mean[t] + follow * data.flows_lag[t, i])
        for l in range(kinds):
            part, trades = load[l, i], inputs.trades[l]
            for t in range(days):
                out[t] += part[t] * trades[t]
    return Booking(share, load, known)


@jit
def _rows(frame, family, count):
    """Empty rows of one family."""
    start, end = frame.family[family], frame.family[family + 1]
    return empty_rows(frame.lag[start:end], frame.slot[start:end], count, len(frame.regime))


@jit
def fill(inputs, data, frame):
    """All rows, and the booking they were built from."""
    days, funds = data.listed.shape
    groups = frame.column.shape[1] - 1
    gaps = frame.gap_fund.shape[0]
    booked = booking(inputs, data, frame)
    families = Families(
        _rows(frame, 0, 2),
        _rows(frame, 1, groups - 1),
        _rows(frame, 2, funds),
        _rows(frame, 3, gaps),
    )
    _fill_trades(families.trade, inputs, frame)
    _fill_shocks(families.shock, inputs, frame)
    _fill_funds(families.fund, inputs, data, frame, booked)
    for m in range(gaps):
        families.spare.coef[m, m] = 1.0
        families.spare.weight[m] = 1.0 * (frame.gap_fund[m] < 0)
    own = len(families)
    start = frame.family[own]
    measured = Measured(
        frame.lag[start:],
        frame.slot[start:],
        frame.family[own:] - start,
        inputs.row_coef.copy(),
        inputs.row_target.copy(),
        inputs.row_var.copy(),
        data.row_weight,
    )
    return families, measured, booked


@jit
def _fill_trades(rows, inputs, frame):
    b_f, c_b, phi = inputs.premium[0], inputs.premium[1], inputs.premium[2]
    demand = inputs.demand
    basis, futures = rows.coef[:, 0], rows.coef[:, 1]
    basis[0], basis[1], basis[2] = 1.0 - b_f * c_b, -b_f, b_f * phi
    futures[0], futures[1], futures[2] = c_b, 1.0, -phi
    rows.target[0], rows.target[1] = -b_f * demand, demand
    rows.var[0], rows.var[1] = inputs.group_var[frame.basis[0]], inputs.premium[3]
    basis[0, 0], basis[1, 0], futures[0, 0] = 1.0, 0.0, 0.0
    rows.target[0, 0] = rows.target[1, 0] = 0.0
    rows.var[1, 0] = inputs.premium[4]


@jit
def _fill_shocks(rows, inputs, frame):
    for r in range(len(rows.slot)):
        g = rows.slot[r]
        rows.coef[r, r] = 1.0
        rows.var[r] = inputs.group_var[g]
        if frame.group_mixed[g] > 0:
            rows.var[r] = inputs.group_var[g] / inputs.flow_mix


@jit
def _fill_funds(rows, inputs, data, frame, booked):
    days, funds = data.listed.shape
    groups = frame.column.shape[1] - 1
    lags, pre = len(booked.share), inputs.kernel.shape[2] - 1
    gaps = frame.gap_fund.shape[0]
    spread = 1.0 / inputs.flow_mix
    for i in range(funds):
        target, weight, var, own_var = rows.target[i], rows.weight[i], rows.var[i], inputs.fund_var[i]
        for t in range(days):
            target[t] = data.flows[t, i]
            weight[t] = data.listed[t, i] * data.read[t, i] * (t >= pre)
            var[t] = own_var * spread[t] + data.print_var[t, i]
        for k in range(lags):
            late, known, share = target[k:], booked.known[i], booked.share[k, i]
            for u in range(days - k):
                late[u] -= share[u] * known[u]
            for g in range(groups):
                out, load = rows.coef[k * groups + g, i][k:], booked.load[frame.group_loading[g], i]
                reaching = inputs.group_booked[g]
                for u in range(days - k):
                    out[u] = reaching * share[u] * load[u]
    for m in range(gaps):
        own = rows.coef[lags * groups + m]
        for t in range(days):
            i = frame.gap_fund[m, t]
            if i >= 0:
                own[i, t] = -1.0
                for k in range(min(lags, days - t - 1)):
                    late = rows.coef[lags * groups + (k + 1) * gaps + m]
                    late[i, t + k + 1] = inputs.fund_lag[0] * booked.share[k, i, t + 1]
