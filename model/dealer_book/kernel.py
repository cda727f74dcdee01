"""Sums over a whole option inventory on a grid of spots: the hot loop, compiled."""

from __future__ import annotations

import math

import numba as nb
import numpy as np

ROOT_HALF = math.sqrt(0.5)
INV_ROOT_2PI = 1.0 / math.sqrt(2.0 * math.pi)


@nb.njit(parallel=True, cache=True, error_model="numpy")
def inventory_sums(spots, strike, sd, put, carry, discount, forward_ratio, weight, vanna_weight):
    """Value, delta, gamma and vanna of a weighted inventory on a spot grid.

    Parameters
    ----------
    spots : ndarray
        Shape: (m,). Unit: USD.
    strike, sd, put, carry, discount, forward_ratio, weight, vanna_weight : ndarray
        Shape: (n,). ``sd`` total standard deviation, ``put`` 0/1, ``carry`` discount times forward ratio,
        ``weight`` signed units held, ``vanna_weight`` the weight times d(iv)/d(vol index) over iv.

    Returns
    -------
    ndarray
        Shape: (4, m): value (USD), delta (units), gamma (units per USD), vanna (units per vol point).
    """
    m, n = spots.size, strike.size
    out = np.zeros((4, m))
    a = np.log(forward_ratio) - np.log(strike)
    inv = 1.0 / sd
    for j in nb.prange(m):
        s = spots[j]
        log_s = math.log(s)
        value = delta = gamma = vanna = 0.0
        for i in range(n):
            d1 = (log_s + a[i]) * inv[i] + 0.5 * sd[i]
            d2 = d1 - sd[i]
            n1 = 0.5 * math.erfc(-d1 * ROOT_HALF) - put[i]
            n2 = 0.5 * math.erfc(-d2 * ROOT_HALF) - put[i]
            pdf = INV_ROOT_2PI * math.exp(-0.5 * d1 * d1)
            wc = weight[i] * carry[i]
            value += wc * s * n1 - weight[i] * discount[i] * strike[i] * n2
            delta += wc * n1
            gamma += wc * pdf * inv[i]
            vanna -= vanna_weight[i] * carry[i] * pdf * d2
        out[0, j] = value
        out[1, j] = delta
        out[2, j] = gamma / s
        out[3, j] = vanna
    return out
