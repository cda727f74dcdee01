r"""The Gaussian system of one fit: prior rows of daily shocks, and every measurement of them.

Unknowns per day: one shock per shock group (USD bn), the deviation ``g`` of the futures premium from its carry
(% of price), and any missing fund print (a missing number is an unknown, never a filled-in value). Rows:

.. math::
    u_t:\;& b_t - b_f\,(g_t - \varphi g_{t-1} + c_B b_t - d_t) = \sigma_B u_t \\
    w_t:\;& g_t - \varphi g_{t-1} + c_B b_t - d_t = \sigma_w w_t, \qquad d_t = d_r r_t - c_B\,drive_t \\
    \text{price}:\;& z_t = \textstyle\sum_g p_{t,g} x_{g,t} + \varsigma w_t + \epsilon_t \\
    \text{fund}:\;& F_{i,t} = \textstyle\sum_k \pi_{i,t-k,k} Z_{i,t-k} + e_{i,t} \\
    \text{premium}:\;& f_t = y_0 \tau_t + g_t + n_t \\
    \text{positions}:\;& \Delta N_w = \textstyle\sum_{t \in w} B_t / P_t + dN_w

``fill`` states coefficients, targets and variances; ``pull`` carries the likelihood's derivatives back to
the inputs. The two walk the rows in the same order as :func:`make_pattern`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from model import gaussian
from model.gaussian import RowPattern
from model.kernels import jit

PREMIUM_START_VAR = 0.25
"""Variance of the premium's deviation before the panel starts, (% of price)^2."""


class Inputs(NamedTuple):
    """What parameters decide. T days, G shock groups, L loadings, I funds, R kernel regimes, K lags.

    Attributes
    ----------
    price_target : (T,) log-%: return less everything known, before lagged flows and futures demand
    price_today : (T, G) log-% per USD bn: pressure of a shock
    price_lag : (T,) log-% per USD bn of yesterday's published flow
    price_var : (T,) variance of the price shock
    trades : (T, L) USD bn: known booked trades by loading
    group_booked : (G,) booked share of each shock
    fund_mean : (I,) USD bn
    fund_lag : (1,) reaction to a fund's own published flow
    weights : (L, I) unnormalised loadings
    kernel : (R, I, K)
    fund_var : (I,) variance of fund-specific flows
    flow_mix : (T,) precision of the day's flow shocks
    group_var : (G,)
    basis_drive : (T,) USD bn: known basis trades
    premium : (8,) b_f, c_B, phi, d_r, varsigma, shock variance, noise variance, carry
    positions : (3,) drift, expiry-week effect, variance
    """

    price_target: np.ndarray
    price_today: np.ndarray
    price_lag: np.ndarray
    price_var: np.ndarray
    trades: np.ndarray
    group_booked: np.ndarray
    fund_mean: np.ndarray
    fund_lag: np.ndarray
    weights: np.ndarray
    kernel: np.ndarray
    fund_var: np.ndarray
    flow_mix: np.ndarray
    group_var: np.ndarray
    basis_drive: np.ndarray
    premium: np.ndarray
    positions: np.ndarray


class Data(NamedTuple):
    """What was measured; may change without recompiling. Missing numbers are zero and never read.

    ``returns, premium, tenor, unit_rate (T,)``, ``flows, flows_lag, next_day (T, I)``, ``positions,
    use_positions (W,)``; see :class:`model.design.Design`.
    """

    returns: np.ndarray
    flows: np.ndarray
    flows_lag: np.ndarray
    premium: np.ndarray
    tenor: np.ndarray
    unit_rate: np.ndarray
    positions: np.ndarray
    use_positions: np.ndarray
    next_day: np.ndarray


class Frame(NamedTuple):
    """What the dates and the pattern of missing numbers fix.

    Attributes
    ----------
    column : (T, G + 1) unknown of each shock and of the premium
    missing : (T, I) unknown of a missing print, -1 where none
    listed : (T, I) 0/1
    premium_observed : (T,) 0/1
    regime : (T,) booking-kernel regime
    group_loading : (G,) loading of each group
    group_mixed : (G,) 1 where the day's flow precision scales the shock
    basis : (1,) index of the group that trades against futures
    week_start, week_days : position weeks, compressed
    expiry : (W,) 0/1
    print_var : (1,) variance of a print around the trades it stands for: creations come in whole baskets
    indptr, indices, first : row pattern
    size : (2,) number of unknowns, bandwidth
    """

    column: np.ndarray
    missing: np.ndarray
    listed: np.ndarray
    premium_observed: np.ndarray
    regime: np.ndarray
    group_loading: np.ndarray
    group_mixed: np.ndarray
    basis: np.ndarray
    week_start: np.ndarray
    week_days: np.ndarray
    expiry: np.ndarray
    print_var: np.ndarray
    indptr: np.ndarray
    indices: np.ndarray
    first: np.ndarray
    size: np.ndarray


def make_pattern(column, missing, basis: int, week_days, lags: int) -> RowPattern:
    """Columns of every row in the order of :func:`fill`.

    Parameters
    ----------
    column, missing : numpy.ndarray
        As in :class:`Frame`.
    basis : int
    week_days : sequence of numpy.ndarray
    lags : int
        Number of booking lags K.
    """
    days, width = column.shape
    groups, pre = width - 1, lags - 1
    rows = []
    for t in range(days):
        b, g = column[t, basis], column[t, groups]
        rows += [[b], [g]] if t == 0 else [[b, g, column[t - 1, groups]]] * 2
        rows += [[column[t, k]] for k in range(groups) if k != basis]
    for t in range(pre, days):
        row = [*column[t, :groups], column[t, groups], column[t - 1, groups]]
        rows.append(row + [m for m in missing[t - 1] if m >= 0])
    for t in range(pre, days):
        common = [c for k in range(lags) for c in column[t - k, :groups]]
        for i in range(missing.shape[1]):
            own = [missing[t, i]] if missing[t, i] >= 0 else []
            late = [
                missing[t - k - 1, i] for k in range(lags) if t - k - 1 >= 0 and missing[t - k - 1, i] >= 0
            ]
            rows.append(common + own + late)
    rows += [[column[t, groups]] for t in range(days)]
    rows += [list(column[w, basis]) for w in week_days]
    return RowPattern.from_rows(
        [np.array(r, dtype=np.int64) for r in rows], int(max(column.max(), missing.max())) + 1
    )


@jit
def booking(inputs, data, frame):
    """Kernel of each trade date ``(T, I, K)``, normalised loadings ``(L, T, I)``, known trades ``(T, I)``."""
    days, funds = frame.listed.shape
    lags = inputs.kernel.shape[2]
    kinds = inputs.weights.shape[0]
    pi = np.empty((days, funds, lags))
    load = np.zeros((kinds, days, funds))
    known = np.zeros((days, funds))
    for t in range(days):
        for l in range(kinds):
            total = 0.0
            for i in range(funds):
                total += inputs.weights[l, i] * frame.listed[t, i]
            if total > 0.0:
                for i in range(funds):
                    load[l, t, i] = inputs.weights[l, i] * frame.listed[t, i] / total
        for i in range(funds):
            late = data.next_day[t, i]
            for k in range(lags):
                pi[t, i, k] = (1.0 - late) * inputs.kernel[frame.regime[t], i, k]
            pi[t, i, 1] += late
            z = frame.listed[t, i] * (inputs.fund_mean[i] + inputs.fund_lag[0] * data.flows_lag[t, i])
            for l in range(kinds):
                z += load[l, t, i] * inputs.trades[t, l]
            known[t, i] = z
    return pi, load, known


@jit
def fill(inputs, data, frame):
    """Coefficients, targets, variances and weights of all rows, and the booking arrays."""
    days, funds = frame.listed.shape
    groups = frame.column.shape[1] - 1
    lags = inputs.kernel.shape[2]
    pre = lags - 1
    basis = frame.basis[0]
    b_f, c_b, phi, d_r, follow, shock_var, noise_var, carry = inputs.premium
    pi, load, known = booking(inputs, data, frame)
    rows = len(frame.indptr) - 1
    coef = np.empty(len(frame.indices))
    target = np.zeros(rows)
    var = np.empty(rows)
    weight = np.ones(rows)
    demand = d_r * data.returns - c_b * inputs.basis_drive
    q = 0
    j = 0
    for t in range(days):
        if t == 0:
            coef[q], coef[q + 1] = 1.0, 1.0
            var[j], var[j + 1] = inputs.group_var[basis], PREMIUM_START_VAR
            q += 2
        else:
            coef[q], coef[q + 1], coef[q + 2] = 1.0 - b_f * c_b, -b_f, b_f * phi
            coef[q + 3], coef[q + 4], coef[q + 5] = c_b, 1.0, -phi
            target[j], target[j + 1] = -b_f * demand[t], demand[t]
            var[j], var[j + 1] = inputs.group_var[basis], shock_var
            q += 6
        j += 2
        for g in range(groups):
            if g != basis:
                coef[q] = 1.0
                mix = inputs.flow_mix[t] if frame.group_mixed[g] > 0 else 1.0
                var[j] = inputs.group_var[g] / mix
                q += 1
                j += 1
    for t in range(pre, days):
        lagged = 0.0
        for i in range(funds):
            lagged += data.flows_lag[t, i]
        target[j] = inputs.price_target[t] - inputs.price_lag[t] * lagged + follow * demand[t]
        var[j] = inputs.price_var[t]
        for g in range(groups):
            coef[q + g] = inputs.price_today[t, g]
        coef[q + basis] += follow * c_b
        q += groups
        coef[q], coef[q + 1] = follow, -follow * phi
        q += 2
        for i in range(funds):
            if frame.missing[t - 1, i] >= 0:
                coef[q] = inputs.price_lag[t]
                q += 1
        j += 1
    for t in range(pre, days):
        for i in range(funds):
            weight[j] = frame.listed[t, i]
            var[j] = inputs.fund_var[i] / inputs.flow_mix[t] + frame.print_var[0]
            y = data.flows[t, i]
            for k in range(lags):
                u = t - k
                y -= pi[u, i, k] * known[u, i]
                for g in range(groups):
                    coef[q] = pi[u, i, k] * inputs.group_booked[g] * load[frame.group_loading[g], u, i]
                    q += 1
            target[j] = y
            if frame.missing[t, i] >= 0:
                coef[q] = -1.0
                q += 1
            for k in range(lags):
                if t - k - 1 >= 0 and frame.missing[t - k - 1, i] >= 0:
                    coef[q] = inputs.fund_lag[0] * pi[t - k, i, k]
                    q += 1
            j += 1
    for t in range(days):
        coef[q] = 1.0
        target[j] = data.premium[t] - carry * data.tenor[t]
        var[j] = noise_var
        weight[j] = frame.premium_observed[t]
        q += 1
        j += 1
    for w in range(len(data.positions)):
        y = data.positions[w] - inputs.positions[0] - inputs.positions[1] * frame.expiry[w]
        for s in range(frame.week_start[w], frame.week_start[w + 1]):
            t = frame.week_days[s]
            coef[q] = data.unit_rate[t]
            y -= data.unit_rate[t] * inputs.basis_drive[t]
            q += 1
        target[j] = y
        var[j] = inputs.positions[2]
        weight[j] = data.use_positions[w]
        j += 1
    return coef, target, var, weight, pi, load, known


@jit
def pull(inputs, data, frame, pi, load, known, d_coef, d_target, d_var):
    """Derivatives with respect to every field of :class:`Inputs`, in its order."""
    days, funds = frame.listed.shape
    groups = frame.column.shape[1] - 1
    kinds = inputs.weights.shape[0]
    lags = inputs.kernel.shape[2]
    pre = lags - 1
    basis = frame.basis[0]
    b_f, c_b, phi, d_r, follow, _shock, _noise, _carry = inputs.premium
    d_price_target = np.zeros(days)
    d_today = np.zeros((days, groups))
    d_price_lag = np.zeros(days)
    d_price_var = np.zeros(days)
    d_trades = np.zeros((days, kinds))
    d_booked = np.zeros(groups)
    d_mean = np.zeros(funds)
    d_lag = np.zeros(1)
    d_weights = np.zeros((kinds, funds))
    d_kernel = np.zeros(inputs.kernel.shape)
    d_fund_var = np.zeros(funds)
    d_mix = np.zeros(days)
    d_group_var = np.zeros(groups)
    d_drive = np.zeros(days)
    d_premium = np.zeros(8)
    d_positions = np.zeros(3)
    d_demand = np.zeros(days)
    d_known = np.zeros((days, funds))
    d_load = np.zeros((kinds, days, funds))
    d_pi = np.zeros((days, funds, lags))
    demand = d_r * data.returns - c_b * inputs.basis_drive
    q = 0
    j = 0
    for t in range(days):
        d_group_var[basis] += d_var[j]
        if t == 0:
            q += 2
        else:
            d_premium[0] += -c_b * d_coef[q] - d_coef[q + 1] + phi * d_coef[q + 2] - demand[t] * d_target[j]
            d_premium[1] += -b_f * d_coef[q] + d_coef[q + 3]
            d_premium[2] += b_f * d_coef[q + 2] - d_coef[q + 5]
            d_demand[t] += d_target[j + 1] - b_f * d_target[j]
            d_premium[5] += d_var[j + 1]
            q += 6
        j += 2
        for g in range(groups):
            if g != basis:
                if frame.group_mixed[g] > 0:
                    mix = inputs.flow_mix[t]
                    d_group_var[g] += d_var[j] / mix
                    d_mix[t] -= d_var[j] * inputs.group_var[g] / (mix * mix)
                else:
                    d_group_var[g] += d_var[j]
                q += 1
                j += 1
    for t in range(pre, days):
        lagged = 0.0
        for i in range(funds):
            lagged += data.flows_lag[t, i]
        d_price_target[t] = d_target[j]
        d_price_lag[t] -= d_target[j] * lagged
        d_premium[4] += d_target[j] * demand[t]
        d_demand[t] += follow * d_target[j]
        d_price_var[t] = d_var[j]
        for g in range(groups):
            d_today[t, g] = d_coef[q + g]
        d_premium[4] += c_b * d_coef[q + basis]
        d_premium[1] += follow * d_coef[q + basis]
        q += groups
        d_premium[4] += d_coef[q] - phi * d_coef[q + 1]
        d_premium[2] -= follow * d_coef[q + 1]
        q += 2
        for i in range(funds):
            if frame.missing[t - 1, i] >= 0:
                d_price_lag[t] += d_coef[q]
                q += 1
        j += 1
    for t in range(pre, days):
        mix = inputs.flow_mix[t]
        for i in range(funds):
            d_fund_var[i] += d_var[j] / mix
            d_mix[t] -= d_var[j] * inputs.fund_var[i] / (mix * mix)
            up = d_target[j]
            for k in range(lags):
                u = t - k
                d_pi[u, i, k] -= up * known[u, i]
                d_known[u, i] -= up * pi[u, i, k]
                for g in range(groups):
                    l = frame.group_loading[g]
                    c, share = d_coef[q], inputs.group_booked[g]
                    d_pi[u, i, k] += c * share * load[l, u, i]
                    d_booked[g] += c * pi[u, i, k] * load[l, u, i]
                    d_load[l, u, i] += c * pi[u, i, k] * share
                    q += 1
            if frame.missing[t, i] >= 0:
                q += 1
            for k in range(lags):
                if t - k - 1 >= 0 and frame.missing[t - k - 1, i] >= 0:
                    d_pi[t - k, i, k] += d_coef[q] * inputs.fund_lag[0]
                    d_lag[0] += d_coef[q] * pi[t - k, i, k]
                    q += 1
            j += 1
    for t in range(days):
        d_premium[7] -= d_target[j] * data.tenor[t]
        d_premium[6] += d_var[j]
        q += 1
        j += 1
    for w in range(len(data.positions)):
        d_positions[0] -= d_target[j]
        d_positions[1] -= d_target[j] * frame.expiry[w]
        d_positions[2] += d_var[j]
        for s in range(frame.week_start[w], frame.week_start[w + 1]):
            t = frame.week_days[s]
            d_drive[t] -= data.unit_rate[t] * d_target[j]
            q += 1
        j += 1
    for t in range(days):
        d_premium[3] += d_demand[t] * data.returns[t]
        d_premium[1] -= d_demand[t] * inputs.basis_drive[t]
        d_drive[t] -= c_b * d_demand[t]
        for i in range(funds):
            up = d_known[t, i]
            d_mean[i] += up * frame.listed[t, i]
            d_lag[0] += up * frame.listed[t, i] * data.flows_lag[t, i]
            for l in range(kinds):
                d_load[l, t, i] += up * inputs.trades[t, l]
                d_trades[t, l] += up * load[l, t, i]
            for k in range(lags):
                d_kernel[frame.regime[t], i, k] += (1.0 - data.next_day[t, i]) * d_pi[t, i, k]
        for l in range(kinds):
            total, mean = 0.0, 0.0
            for i in range(funds):
                total += inputs.weights[l, i] * frame.listed[t, i]
                mean += d_load[l, t, i] * load[l, t, i]
            if total > 0.0:
                for i in range(funds):
                    d_weights[l, i] += frame.listed[t, i] * (d_load[l, t, i] - mean) / total
    return (
        d_price_target, d_today, d_price_lag, d_price_var, d_trades, d_booked, d_mean, d_lag,
        d_weights, d_kernel, d_fund_var, d_mix, d_group_var, d_drive, d_premium, d_positions,
    )  # fmt: skip


@jit
def value_and_gradient(inputs, data, frame):
    """Log marginal likelihood of all measurements, and its derivatives in the order of :class:`Inputs`."""
    coef, target, var, weight, pi, load, known = fill(inputs, data, frame)
    logp, d_coef, d_target, d_var = gaussian.marginal(
        frame.indptr, frame.indices, frame.first, coef, target, var, weight, frame.size[0], frame.size[1]
    )
    return logp, pull(inputs, data, frame, pi, load, known, d_coef, d_target, d_var)


@jit
def draw_latents(inputs, data, frame, noise):
    """Conditional mean and one exact draw of all unknowns. ``Shape: (n,)`` each."""
    coef, target, var, weight, _pi, _load, _known = fill(inputs, data, frame)
    return gaussian.draw(
        frame.indptr,
        frame.indices,
        frame.first,
        coef,
        target,
        var,
        weight,
        frame.size[0],
        frame.size[1],
        noise,
    )
