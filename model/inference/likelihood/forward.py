r"""The same rows read one way: what the days before, and what is known of a day, say of that day's prints.

The likelihood looks at all days together. A forecast may not: day t's prints are predicted from the rows of the days
before, the day's own prior rows, and those of its price and its other measurements. Rows, columns and variances are those of
:func:`model.inference.likelihood.system.fill`; the state is the joint normal of the unknowns that a later row can reach
(lagged shocks, the premium's deviation, prints that are missing).

A day's scales of price and flow are not known on the day. They are integrated over grids of variance factors, each
point weighted by its prior and by how probable the day's return (and implied volatility) is under it:

.. math:: p(F \mid r) = \frac{\sum_{jk} w_j w_k\, p(r \mid j, k)\, p(F \mid r, j, k)}{\sum_{jk} w_j w_k\, p(r \mid j, k)}

Given the day's scales everything is normal, so conditioning on the return is exact: the price row is linear in the
shocks. After the prediction the day's prints are read too; one point of the grids, drawn by what they say, goes on into
the next day. Weekly positions are left out: they are published three days or more after the week they measure, when
none of its trades can reach a print any more.
"""

from __future__ import annotations

import math

import numpy as np

from model.inference.likelihood.jit import jit, jit_plain
from model.inference.likelihood.rows import LOG_2PI

NEGLIGIBLE = 1e-12
"""Share of the largest weight below which a grid point is passed over."""


@jit_plain
def _carry(m, p, width):
    """Drop the oldest day; today's unknowns are zero until their rows are read."""
    n = len(m)
    keep = n - width
    for i in range(keep):
        m[i] = m[i + width]
        for j in range(keep):
            p[i, j] = p[i + width, j + width]
    for i in range(keep, n):
        m[i] = 0.0
        for j in range(n):
            p[i, j] = 0.0
            p[j, i] = 0.0


@jit_plain
def _read(rows, r, t, width, span, a):
    """Row r of day t over the window's unknowns."""
    a[:] = 0.0
    for c in range(len(rows.lag)):
        if rows.lag[c] <= min(t, span):
            a[(span - rows.lag[c]) * width + rows.slot[c]] += rows.coef[c, r, t]


@jit_plain
def _read_measured(rows, e, t, width, span, a):
    """The row of measurement e on day t over the window's unknowns."""
    a[:] = 0.0
    for c in range(rows.start[e], rows.start[e + 1]):
        if rows.lag[c] <= min(t, span):
            a[(span - rows.lag[c]) * width + rows.slot[c]] += rows.coef[c, t]


@jit_plain
def _times(p, a, out):
    """out = P a, and a' P a; rows touch few of the unknowns."""
    out[:] = 0.0
    for j in range(len(a)):
        x = a[j]
        if x != 0.0:
            row = p[j]  # symmetric
            for i in range(len(a)):
                out[i] += row[i] * x
    return _dot(a, out)


@jit_plain
def _dot(a, b):
    total = 0.0
    for i in range(len(a)):
        total += a[i] * b[i]
    return total


@jit_plain
def _update(m, p, gain, innovation, var):
    """Condition on one number: gain = P a, its error and its variance. Unknowns that stand for nothing are passed over."""
    scale = 1.0 / var
    for i in range(len(m)):
        g = gain[i] * scale
        if g != 0.0:
            m[i] += g * innovation
            row = p[i]
            for j in range(i + 1):
                if gain[j] != 0.0:
                    row[j] -= g * gain[j]
                    p[j, i] = row[j]


@jit_plain
def _log_normal(error, var):
    return -0.5 * (LOG_2PI + math.log(var) + error * error / var)


@jit_plain
def _invert(a, out):
    """Inverse of a small matrix by elimination with row exchange; ``a`` is used up."""
    k = len(a)
    out[:] = 0.0
    for i in range(k):
        out[i, i] = 1.0
    for i in range(k):
        best = i
        for r in range(i + 1, k):
            if abs(a[r, i]) > abs(a[best, i]):
                best = r
        for c in range(k):
            a[i, c], a[best, c] = a[best, c], a[i, c]
            out[i, c], out[best, c] = out[best, c], out[i, c]
        scale = 1.0 / a[i, i]
        for c in range(k):
            a[i, c] *= scale
            out[i, c] *= scale
        for r in range(k):
            if r != i:
                f = a[r, i]
                for c in range(k):
                    a[r, c] -= f * a[i, c]
                    out[r, c] -= f * out[i, c]


@jit
def _arrive(f, doubled, t, m, p, width, span):
    """Today's shocks and premium by their own rows; what their covariance gains when the flow scale doubles."""
    trades, shocks = f.trade.target.shape[0], f.shock.target.shape[0]
    k, n = trades + shocks, len(m)
    new = span * width
    a = np.zeros(n)
    square, inverse, more = np.zeros((k, k)), np.zeros((k, k)), np.zeros((k, k))
    old, reach = np.zeros((k, n)), np.zeros((k, n))
    mean, noise, further = np.zeros(k), np.zeros(k), np.zeros(k)
    for r in range(k):
        rows, one = (f.trade, r) if r < trades else (f.shock, r - trades)
        twice = doubled.trade if r < trades else doubled.shock
        _read(rows, one, t, width, span, a)
        square[r] = a[new : new + k]
        old[r, :new] = a[:new]
        _times(p, old[r], reach[r])
        mean[r] = rows.target[one, t] - _dot(old[r], m)
        noise[r] = rows.var[one, t]
        further[r] = twice.var[one, t] - rows.var[one, t]
    _invert(square, inverse)
    for i in range(k):
        m[new + i] = _dot(inverse[i], mean)
        for c in range(new):
            acc = 0.0
            for r in range(k):
                acc -= inverse[i, r] * reach[r, c]
            p[new + i, c] = acc
            p[c, new + i] = acc
    for i in range(k):
        for j in range(k):
            acc = 0.0
            for r in range(k):
                more[i, j] += inverse[i, r] * inverse[j, r] * further[r]
                for s in range(k):
                    inner = _dot(old[s], reach[r]) + (noise[r] if r == s else 0.0)
                    acc += inverse[i, r] * inverse[j, s] * inner
            p[new + i, new + j] = acc
    return more


@jit
def _widen(p, more, factor, new):
    """Today's covariance at another flow scale."""
    for i in range(len(more)):
        for j in range(len(more)):
            p[new + i, new + j] += (factor - 1.0) * more[i, j]


@jit
def _see_others(rows, grown, mix, price, t, m, p, width, span, a, gain):
    """Read a day's measurements but the price, at a price scale of the day; their log density."""
    logp = 0.0
    for e in range(len(rows.target)):
        if e != price and rows.weight[e, t] > 0.0:
            _read_measured(rows, e, t, width, span, a)
            var = _times(p, a, gain) + rows.var[e, t] + (mix - 1.0) * grown[e, t]
            error = rows.target[e, t] - _dot(a, m)
            logp += _log_normal(error, var)
            _update(m, p, gain, error, var)
    return logp


@jit_plain
def _scaled(rows, grown, price, t):
    """Whether another measurement of the day is as wild as the price is."""
    for e in range(len(rows.target)):  # noqa: SIM110, compiled
        if e != price and rows.weight[e, t] > 0.0 and grown[e, t] > 0.0:
            return True
    return False


@jit_plain
def _log_sum(x):
    """Logarithm of a sum of exponentials."""
    top = x[0]
    for i in range(len(x)):
        top = max(top, x[i])
    if top == -np.inf:
        return top
    total = 0.0
    for i in range(len(x)):
        total += math.exp(x[i] - top)
    return top + math.log(total)


@jit_plain
def _pick(logw, total, u):
    """Point of a grid whose cumulated weight reaches u."""
    left = u
    for k in range(len(logw)):
        left -= math.exp(logw[k] - total)
        if left <= 0.0:
            return k
    return len(logw) - 1


@jit_plain
def _root(c, low):
    """Lower Cholesky root; an empty row stays empty."""
    for i in range(len(c)):
        for j in range(i + 1):
            acc = c[i, j]
            for k in range(j):
                acc -= low[i, k] * low[j, k]
            if i == j:
                low[i, i] = math.sqrt(acc) if acc > 0.0 else 0.0
            else:
                low[i, j] = acc / low[j, j] if low[j, j] > 0.0 else 0.0


@jit_plain
def _fund_var(f, doubled, i, t, mix):
    base = f.fund.var[i, t]
    return base + (mix - 1.0) * (doubled.fund.var[i, t] - base)


@jit
def _predict_day(
    f,
    doubled,
    other,
    grown,
    price_row,
    flows,
    t,
    before_m,
    before_p,
    width,
    span,
    scales,
    closed,
    targets,
    seen,
    chance,
    out,
):
    """Density of the day's prints given what is known of the day (see :func:`forward` for ``out``)."""
    n, funds, asked = len(before_m), f.fund.target.shape[0], targets.shape[0]
    mixes, price_vars, price_mixes, prior = scales
    wide, deep = mixes.shape[1], price_vars.shape[1]
    apart = deep if closed and _scaled(other, grown, price_row, t) else 1
    states = wide * apart
    ms, ps, gains = np.zeros((states, n)), np.zeros((states, n, n)), np.zeros((states, n))
    error, spread, a, work = np.zeros(states), np.zeros(states), np.zeros(n), np.zeros(n)
    rows, base = np.zeros((funds, n)), np.zeros(funds)
    for i in range(funds):
        if f.fund.weight[i, t] > 0.0:
            _read(f.fund, i, t, width, span, rows[i])
            base[i] = flows[t, i] - f.fund.target[i, t]
    logw = np.zeros(wide * deep)
    price = np.zeros(n)
    _read_measured(other, price_row, t, width, span, price)
    here_m, here_p = before_m.copy(), before_p.copy()
    more = _arrive(f, doubled, t, here_m, here_p, width, span)
    for s in range(states):
        j = s // apart
        ms[s], ps[s] = here_m, here_p
        _widen(ps[s], more, mixes[t, j], span * width)
        out[1] = other.target[price_row, t] - _dot(price, ms[s])
        out[2 + j] = _times(ps[s], price, gains[s])
        own = 0.0
        if closed:
            mix = price_mixes[t, s % apart]
            own += _see_others(other, grown, mix, price_row, t, ms[s], ps[s], width, span, a, work)
        spread[s] = _times(ps[s], price, gains[s])
        error[s] = other.target[price_row, t] - _dot(price, ms[s])
        for k in range(deep):
            if apart == 1 or k == s % apart:
                said = _log_normal(error[s], spread[s] + price_vars[t, k])
                logw[j * deep + k] = own + prior[t, j * deep + k] + said
    total = _log_sum(logw)
    out[0] = total
    at = 2 + wide
    inside = np.zeros(wide * deep)
    sums = np.zeros(n)
    for q in range(asked):
        sums[:] = 0.0
        known = 0.0
        for i in range(funds):
            known += targets[q, i] * base[i]
            for c in range(n):
                sums[c] += targets[q, i] * rows[i, c]
        mean, below = 0.0, 0.0
        inside[:] = -np.inf
        for s in range(states):
            j = s // apart
            var = _times(ps[s], sums, work)
            for i in range(funds):
                if f.fund.weight[i, t] > 0.0:
                    var += targets[q, i] ** 2 * _fund_var(f, doubled, i, t, mixes[t, j])
            middle, with_price = known + _dot(sums, ms[s]), _dot(sums, gains[s])
            for k in range(deep):
                w = math.exp(logw[j * deep + k] - total)
                if w > NEGLIGIBLE and (apart == 1 or k == s % apart):
                    v = spread[s] + price_vars[t, k]
                    centre = middle + with_price * error[s] / v
                    left = max(var - with_price * with_price / v, 1e-300)
                    mean += w * centre
                    gap = seen[t, q] - centre
                    inside[j * deep + k] = logw[j * deep + k] - total + _log_normal(gap, left)
                    below += w * 0.5 * math.erfc(-gap / math.sqrt(2.0 * left))
        out[at], out[at + 1], out[at + 2] = _log_sum(inside), below, mean
        at += 3
    point = _pick(logw, total, chance[t, 0])
    j, s = point // deep, (point // deep) * apart + (point % deep) % apart
    _update(ms[s], ps[s], gains[s], error[s], spread[s] + price_vars[t, point % deep])
    cov, low = np.zeros((funds, funds)), np.zeros((funds, funds))
    for i in range(funds):
        if f.fund.weight[i, t] > 0.0:
            _times(ps[s], rows[i], work)
            for l in range(funds):
                if f.fund.weight[l, t] > 0.0:
                    cov[i, l] = _dot(rows[l], work)
            cov[i, i] += _fund_var(f, doubled, i, t, mixes[t, j])
    _root(cov, low)
    for i in range(funds):
        out[at + i] = base[i] + _dot(rows[i], ms[s]) + _dot(low[i], chance[t, 2 : 2 + funds])


@jit
def _read_day(f, doubled, other, grown, price_row, frame, t, m, p, width, span, scales, u):
    """Bring the state past a day: its prints, price and premium, at one drawn point of the day's scales."""
    n, funds = len(m), f.fund.target.shape[0]
    mixes, price_vars, price_mixes, prior = scales
    wide, deep = mixes.shape[1], price_vars.shape[1]
    apart = deep if _scaled(other, grown, price_row, t) else 1
    states = wide * apart
    ms, ps, gains = np.zeros((states, n)), np.zeros((states, n, n)), np.zeros((states, n))
    error, spread, a, work = np.zeros(states), np.zeros(states), np.zeros(n), np.zeros(n)
    logw = np.zeros(wide * deep)
    price = np.zeros(n)
    _read_measured(other, price_row, t, width, span, price)
    on = other.weight[price_row, t] > 0.0
    more = _arrive(f, doubled, t, m, p, width, span)
    for s in range(states):
        j = s // apart
        ms[s], ps[s] = m, p
        _widen(ps[s], more, mixes[t, j], span * width)
        mix = price_mixes[t, s % apart]
        own = _see_others(other, grown, mix, price_row, t, ms[s], ps[s], width, span, a, work)
        for i in range(funds):
            if f.fund.weight[i, t] > 0.0 and frame.missing[t, i] < 0:
                _read(f.fund, i, t, width, span, a)
                var = _times(ps[s], a, work) + _fund_var(f, doubled, i, t, mixes[t, j])
                gap = f.fund.target[i, t] - _dot(a, ms[s])
                own += _log_normal(gap, var)
                _update(ms[s], ps[s], work, gap, var)
        spread[s] = _times(ps[s], price, gains[s])
        error[s] = other.target[price_row, t] - _dot(price, ms[s])
        for k in range(deep):
            if apart == 1 or k == s % apart:
                said = _log_normal(error[s], spread[s] + price_vars[t, k]) if on else 0.0
                logw[j * deep + k] = own + prior[t, j * deep + k] + said
    total = _log_sum(logw)
    point = _pick(logw, total, u)
    j, s = point // deep, (point // deep) * apart + (point % deep) % apart
    if on:
        _update(ms[s], ps[s], gains[s], error[s], spread[s] + price_vars[t, point % deep])
    m[:], p[:] = ms[s], ps[s]
    for i in range(funds):
        if frame.missing[t, i] >= 0:
            _add_missing(
                f,
                i,
                t,
                frame.missing[t, i] % width,
                _fund_var(f, doubled, i, t, mixes[t, j]),
                m,
                p,
                width,
                span,
            )


@jit
def _add_missing(f, i, t, slot, var, m, p, width, span):
    """A missing print as an unknown of its own: what its row says it is."""
    n = len(m)
    a, work = np.zeros(n), np.zeros(n)
    _read(f.fund, i, t, width, span, a)
    own = span * width + slot
    a[own] = 0.0
    spread = _times(p, a, work)
    m[own] = _dot(a, m) - f.fund.target[i, t]
    for c in range(n):
        p[own, c] = work[c]
        p[c, own] = work[c]
    p[own, own] = spread + var


@jit
def _span(f, other):
    """Days that a row reaches back."""
    longest = max(f.trade.lag.max(), f.fund.lag.max())
    for e in range(len(other.target)):
        if other.weight[e].max() > 0.0:
            longest = max(longest, other.lag[other.start[e] : other.start[e + 1]].max())
    return longest


@jit
def forward(read, asked, frame, flows, price_row, known, wanted, first, closed, targets, seen, chance, out):
    """Predict the prints of every day from ``first`` on.

    Parameters
    ----------
    read, asked : tuple of Families, Families, Measured, numpy.ndarray
        Rows at flow-scale factors of one and of two (variances are linear in the factor); the measurements at a
        price-scale factor of one, and what their variances gain at two ``(E, T)``: at the observed data, and of the day
        to be predicted, which may be at another return and other factors.
    frame : Frame
    flows : numpy.ndarray
        ``Shape: (T, I)``.
    price_row : int
        Number of the price among the measurements.
    known, wanted : tuple of four arrays
        Grids of a day's scales for reading a day and for predicting it: flow-variance factors ``(T, J)``; price variances
        and the factors behind them ``(T, K)``; log weights of the pairs ``(T, J K)``.
    first : int
    closed : bool
        Whether the day's other measurements are known when its prints are predicted.
    targets : numpy.ndarray
        ``Shape: (Q, I)``: sums of funds that are asked for.
    seen : numpy.ndarray
        ``Shape: (T, Q)``, USD bn; NaN where unknown.
    chance : numpy.ndarray
        ``Shape: (T, 2 + I)``: two uniform and I standard normal numbers.
    out : numpy.ndarray
        ``Shape: (T, 2 + J + 3 Q + I)``: log density of what is known of the day; error of the price row and its variance
        before the price shock's own, by point of the flow grid, other measurements unread; for every target log density
        and distribution function at what was seen, and mean; one joint draw of all funds.
    """
    families, doubled, other, grown = read
    families_asked, doubled_asked, other_asked, grown_asked = asked
    width, span = frame.shape[0], _span(families, other)
    n = (span + 1) * width
    m, p = np.zeros(n), np.zeros((n, n))
    start = max(first, np.argmax(other.weight[price_row] > 0.0))
    for t in range(len(flows)):
        _carry(m, p, width)
        if t >= start:
            _predict_day(
                families_asked, doubled_asked, other_asked, grown_asked, price_row, flows, t, m, p, width, span,
                wanted, closed, targets,
                seen, chance, out[t],
            )  # fmt: skip
        _read_day(
            families, doubled, other, grown, price_row, frame, t, m, p, width, span, known, chance[t, 1]
        )
