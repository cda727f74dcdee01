"""The Gaussian system's derivatives, carried back from rows to the inputs that filled them."""

from __future__ import annotations

import numpy as np

from model.inference.likelihood.jit import jit, jit_plain
from model.inference.likelihood.system import Booking


@jit
def pull(out, inputs, data, frame, families, measured, booked):
    """Write the derivatives with respect to :class:`Inputs` into ``out``, from those in the rows.

    Parameters
    ----------
    out : Inputs
        Zeros.
    inputs : Inputs
    data : Data
    frame : Frame
    families : Families
        After :func:`model.inference.likelihood.rows.marginal`.
    measured : Measured
        The same.
    booked : Booking
        From :func:`model.inference.likelihood.system.fill`.
    """
    _pull_trades(out, families.trade, inputs, frame)
    _pull_shocks(out, families.shock, inputs, frame)
    _pull_booking(
        out, _pull_funds(out, families.fund, inputs, data, frame, booked), inputs, data, frame, booked
    )
    out.row_coef[:] = measured.coef
    out.row_target[:] = measured.target
    out.row_var[:] = measured.var


@jit
def _pull_trades(out, rows, inputs, frame):
    b_f, c_b, phi = inputs.premium[0], inputs.premium[1], inputs.premium[2]
    a, b = rows.coef[:, 0], rows.coef[:, 1]
    share, desks, memory, var = 0.0, 0.0, 0.0, 0.0
    for t in range(1, len(inputs.demand)):
        up, demand = rows.target[0, t], inputs.demand[t]
        share += -c_b * a[0, t] - a[1, t] + phi * a[2, t] - demand * up
        desks += -b_f * a[0, t] + b[0, t]
        memory += b_f * a[2, t] - b[2, t]
        var += rows.var[1, t]
        out.demand[t] = rows.target[1, t] - b_f * up
    out.premium[0] += share
    out.premium[1] += desks
    out.premium[2] += memory
    out.premium[3] += var
    out.premium[4] += rows.var[1, 0]
    out.group_var[frame.basis[0]] += rows.var[0].sum()


@jit
def _pull_shocks(out, rows, inputs, frame):
    for r in range(len(rows.slot)):
        g, up = rows.slot[r], rows.var[r]
        if frame.group_mixed[g] > 0:
            out.group_var[g] += _pull_scaled(up, inputs.flow_mix, inputs.group_var[g], out.flow_mix)
        else:
            out.group_var[g] += up.sum()


@jit_plain
def _pull_scaled(up, mix, var, d_mix):
    """Derivative of a variance that the day's precision divides; the precision's own goes to ``d_mix``."""
    total = 0.0
    for t in range(len(up)):
        scaled = up[t] / mix[t]
        total += scaled
        d_mix[t] -= scaled * var / mix[t]
    return total


@jit
def _pull_funds(out, rows, inputs, data, frame, booked):
    """Derivatives of the booking; those of variances go straight to ``out``."""
    days, funds = data.listed.shape
    groups = frame.column.shape[1] - 1
    lags = len(booked.share)
    gaps = frame.gap_fund.shape[0]
    d = Booking(np.zeros_like(booked.share), np.zeros_like(booked.load), np.zeros_like(booked.known))
    for i in range(funds):
        out.fund_var[i] += _pull_scaled(rows.var[i], inputs.flow_mix, inputs.fund_var[i], out.flow_mix)
        known, d_known = booked.known[i], d.known[i]
        for k in range(lags):
            up, share, d_share = rows.target[i][k:], booked.share[k, i], d.share[k, i]
            for u in range(days - k):
                d_share[u] -= up[u] * known[u]
                d_known[u] -= up[u] * share[u]
            for g in range(groups):
                l, scale = frame.group_loading[g], inputs.group_booked[g]
                c, load, d_load = rows.coef[k * groups + g, i][k:], booked.load[l, i], d.load[l, i]
                total = 0.0
                for u in range(days - k):
                    d_share[u] += scale * c[u] * load[u]
                    d_load[u] += scale * c[u] * share[u]
                    total += c[u] * share[u] * load[u]
                out.group_booked[g] += total
    for m in range(gaps):
        for t in range(days):
            i = frame.gap_fund[m, t]
            if i >= 0:
                for k in range(min(lags, days - t - 1)):
                    up = rows.coef[lags * groups + (k + 1) * gaps + m, i, t + k + 1]
                    if rows.weight[i, t + k + 1] > 0:
                        d.share[k, i, t + 1] += up * inputs.fund_lag[0]
                        out.fund_lag[0] += up * booked.share[k, i, t + 1]
    return d


@jit
def _pull_booking(out, d, inputs, data, frame, booked):
    days, funds = data.listed.shape
    kinds = inputs.weights.shape[0]
    listed = np.ascontiguousarray(data.listed.T)
    for i in range(funds):
        up, a = d.known[i], listed[i]
        mean, follow = out.fund_mean[:, i], 0.0
        for t in range(days):
            mean[t] += up[t] * a[t]
            follow += up[t] * a[t] * data.flows_lag[t, i]
        out.fund_lag[0] += follow
        for l in range(kinds):
            d_load, load = d.load[l, i], booked.load[l, i]
            trades, d_trades = inputs.trades[l], out.trades[l]
            for t in range(days):
                d_load[t] += up[t] * trades[t]
                d_trades[t] += up[t] * load[t]
        on_time = 1.0 - data.next_day[:, i]
        for k in range(inputs.kernel.shape[2]):
            for r in range(inputs.kernel.shape[0]):
                out.kernel[r, i, k] += _pull_share(d.share[k, i], on_time, frame.regime, r)
        if frame.reach[0] > inputs.kernel.shape[2]:
            _pull_delay(out, d.share, i, inputs, on_time * data.late_window[:, i], frame.regime)
    for l in range(kinds):
        _pull_weights(out.weights[l], inputs.weights[l], d.load[l], booked.load[l], listed)


@jit
def _pull_delay(out, d_share, i, inputs, free, regime):
    """What the late window adds to the derivatives of one fund's kernels, and the late share's own."""
    for r in range(inputs.kernel.shape[0]):
        for k in range(inputs.kernel.shape[2]):
            later = _pull_share(d_share[k + 1, i], free, regime, r)
            gain = later - _pull_share(d_share[k, i], free, regime, r)
            out.kernel[r, i, k] += inputs.late[0] * gain
            out.late[0] += inputs.kernel[r, i, k] * gain


@jit_plain
def _pull_share(up, weight, regime, chosen):
    """Weighted derivatives of booked shares, summed over one regime's days."""
    total = 0.0
    for t in range(len(up)):
        total += up[t] * weight[t] * (regime[t] == chosen)
    return total


@jit
def _pull_weights(out, weights, d_load, load, listed):
    """Derivatives of unnormalised loadings from those of the normalised ones; all ``(I, T)`` but the first two."""
    funds, days = load.shape
    mean, total = np.zeros(days), np.full(days, 1e-300)
    for i in range(funds):
        a, up, part, weight = listed[i], d_load[i], load[i], weights[i]
        for t in range(days):
            total[t] += weight * a[t]
            mean[t] += up[t] * part[t]
    for t in range(days):
        # Where no listed fund carries the loading there is nothing to share: the loadings are zero, not undefined.
        total[t] = 1.0 / total[t] if total[t] > 1e-200 else 0.0
    for i in range(funds):
        a, up, slope = listed[i], d_load[i], 0.0
        for t in range(days):
            slope += a[t] * (up[t] - mean[t]) * total[t]
        out[i] += slope
