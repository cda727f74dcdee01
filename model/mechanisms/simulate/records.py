"""What the simulator reads and writes: shocks, hidden variables, trades, paths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from model.mechanisms.simulate.book import DayBook


class Shocks(NamedTuple):
    """Everything that moves a panel and is explained by nothing else.

    Attributes
    ----------
    basis : numpy.ndarray
        ``Shape: (T,)``, USD bn; basis trades that answer neither futures demand nor stress.
    futures_demand : numpy.ndarray
        ``Shape: (T,)``, % of price; on day 0 the premium's deviation itself.
    demand : numpy.ndarray
        ``Shape: (T,)``, USD bn; multi-asset and directional shocks together.
    price : numpy.ndarray
        ``Shape: (T,)``, log-%; unused before the first modelled day.
    implied_vol : numpy.ndarray
        ``Shape: (T,)``, vol points; zero where implied volatility is missing.
    fund_noise : numpy.ndarray
        ``Shape: (T, I)``, USD bn; before the first modelled day the print itself where none was published.
    premium_noise : numpy.ndarray
        ``Shape: (T,)``, % of price; zero where the premium is missing.
    positions : numpy.ndarray
        ``Shape: (W,)``, thousand units.
    night : numpy.ndarray
        ``Shape: (T,)``, log-%: price shock before the open; zero where the open is not known.
    own : dict of str to numpy.ndarray
        ``Shape: (T,)`` each, in their own units: shocks of components that move the price alone, by shock group.
    error : dict of str to numpy.ndarray
        ``Shape: (T,)`` each: errors of supplied measurements, by name; zero where missing.
    """

    basis: np.ndarray
    futures_demand: np.ndarray
    demand: np.ndarray
    price: np.ndarray
    implied_vol: np.ndarray
    fund_noise: np.ndarray
    premium_noise: np.ndarray
    positions: np.ndarray
    night: np.ndarray
    own: dict[str, np.ndarray] = {}  # noqa: RUF012
    error: dict[str, np.ndarray] = {}  # noqa: RUF012


class Latents(NamedTuple):
    """One draw of the unknowns by name; see :func:`read_latents`.

    Attributes
    ----------
    basis, demand : numpy.ndarray
        ``Shape: (T,)``, USD bn; the groups' shocks (``basis`` includes the answer to futures demand).
    premium : numpy.ndarray
        ``Shape: (T,)``, % of price; deviation of the premium from its carry.
    flows : numpy.ndarray
        ``Shape: (T, I)``, USD bn; missing prints drawn.
    own : dict of str to numpy.ndarray
        ``Shape: (T,)``, USD bn: shocks of components that move the price alone, by shock group.
    """

    basis: np.ndarray
    demand: np.ndarray
    premium: np.ndarray
    flows: np.ndarray
    own: dict[str, np.ndarray] = {}  # noqa: RUF012


class Trades(NamedTuple):
    """Trades by component, each ``Shape: (T,)``, USD bn, positive = buys.

    ``multi_asset`` and ``directional`` leave out their shared shock, which is ``demand``; ``dealer`` is the
    whole hedge, of which only the booked share reaches creations. ``further`` holds components that move the price
    alone, own shocks included.
    """

    basis: np.ndarray
    dealer: np.ndarray
    multi_asset: np.ndarray
    directional: np.ndarray
    demand: np.ndarray
    further: dict[str, np.ndarray]


class Simulated(NamedTuple):
    """A panel produced from shocks.

    Attributes
    ----------
    returns : numpy.ndarray
        ``Shape: (T,)``, log-%.
    flows : numpy.ndarray
        ``Shape: (T, I)``, USD bn; without gaps, zero for funds not listed.
    iv_change : numpy.ndarray
        ``Shape: (T,)``, vol points.
    premium : numpy.ndarray
        ``Shape: (T,)``, % of price.
    positions : numpy.ndarray
        ``Shape: (W,)``, thousand units.
    trades : Trades
    measured : dict of str to numpy.ndarray
        ``Shape: (T,)``; supplied measurements, without gaps.
    """

    returns: np.ndarray
    flows: np.ndarray
    iv_change: np.ndarray
    premium: np.ndarray
    positions: np.ndarray
    trades: Trades
    measured: dict[str, np.ndarray]


class Truth(NamedTuple):
    """What a simulated panel hides.

    Attributes
    ----------
    basis, dealer, multi_asset, directional : numpy.ndarray
        ``Shape: (T,)``, USD bn; the components' trades, own shocks included.
    demand : numpy.ndarray
        ``Shape: (T,)``, USD bn; multi-asset and directional shocks together.
    premium : numpy.ndarray
        ``Shape: (T,)``, % of price; deviation of the premium from its carry.
    flows : numpy.ndarray
        ``Shape: (T, I)``, USD bn; without gaps.
    return_state, flow_state : numpy.ndarray
        ``Shape: (T,)``; the days' scales.
    shocks : Shocks
    further : dict of str to numpy.ndarray
        ``Shape: (T,)``, USD bn; trades of components that move the price alone.
    """

    basis: np.ndarray
    dealer: np.ndarray
    multi_asset: np.ndarray
    directional: np.ndarray
    demand: np.ndarray
    premium: np.ndarray
    flows: np.ndarray
    return_state: np.ndarray
    flow_state: np.ndarray
    shocks: Shocks
    further: dict[str, np.ndarray]

    def trades(self, component: str) -> np.ndarray:
        """A component's trades by name. ``(T,)``, USD bn."""
        return self.further[component] if component in self.further else getattr(self, component)


@dataclass
class SimulatedPath:
    """A path being written: the day's regressors, then what the day brings. Shapes as in :class:`Design`."""

    ratio: np.ndarray
    gamma: np.ndarray
    volatility: np.ndarray
    recent: np.ndarray
    activity: np.ndarray
    price: np.ndarray
    barrier: np.ndarray
    live: np.ndarray
    returns: np.ndarray
    flows: np.ndarray
    iv_change: np.ndarray
    deviation: np.ndarray
    basis: np.ndarray
    dealer: np.ndarray
    multi_asset: np.ndarray
    directional: np.ndarray
    demand: np.ndarray
    night: np.ndarray
    rate: np.ndarray
    sent: np.ndarray
    further: dict[str, np.ndarray]
    measured: dict[str, np.ndarray]


class Morning(NamedTuple):
    """What is known before the day's return.

    Trades in USD bn, ``impact`` in log-% per USD bn, signed ``gamma`` in USD bn per log-%; ``damping`` is a
    factor; a ``book`` takes the place of gamma and knock-ins; ``further`` holds components that move the price alone, own
    shocks included, of which ``night_shock`` came before the open; ``night`` is the overnight return, zero where not known;
    ``rate``: thousand units of the underlying per USD bn; ``size``: last price over the one answers are stated at.
    """

    impact: float
    damping: float
    gamma: float
    return_lag: float
    flows_lag: np.ndarray
    basis: float
    multi_asset: float
    directional: float
    own: np.ndarray
    book: DayBook | None
    further: dict[str, float]
    rate: float
    size: float
    night_shock: dict[str, float]
    night: float = 0.0
