"""What dealers hold at each spot: delta, dollar gamma, and where gamma changes sign."""

from __future__ import annotations

import numpy as np

from model.dealer_book.book import Book
from model.dealer_book.greeks import Array
from model.dealer_book.listed import dollar_gamma
from model.dealer_book.notes import Note
from model.dealer_book.profile import spots_of
from model.units import PERCENT, USD_PER_BN


def zero_gamma(
    book: Book,
    vol: float,
    low: float,
    high: float,
    sign: dict[str, float],
    source: str | None = None,
    points: int = 801,
) -> list[float]:
    """Spots (USD) between ``low`` and ``high`` where dealers' gamma, or one ``source``'s, changes sign.

    An empty list means one sign throughout.
    """
    mid = float(np.sqrt(low * high))
    grid = np.linspace(PERCENT * np.log(low / mid), PERCENT * np.log(high / mid), points)
    slope = exposure(book, vol, spots_of(mid, grid), sign)[f"slope_{source}" if source else "slope"]
    flips = np.flatnonzero(np.sign(slope[:-1]) * np.sign(slope[1:]) < 0)
    share = slope[flips] / (slope[flips] - slope[flips + 1])
    return [float(x) for x in spots_of(mid, grid[flips] + share * (grid[flips + 1] - grid[flips]))]


def exposure(book: Book, vol: float, spots: Array, sign: dict[str, float]) -> dict[str, Array]:
    """Dealers' delta and dollar gamma over spot, with notes in the state they would have at each spot.

    Returns
    -------
    dict
        ``delta``: dealers' option delta before hedging, USD bn; ``slope``: hedging demand per 1 log-%, USD bn
        (positive: short gamma); and the same per source, ``delta_etf`` and so on. Shape: that of ``spots``.
    """
    s = np.asarray(spots, float)
    out: dict[str, Array] = {}
    for venue in ("etf", "crypto"):
        x = book.listed(venue).sums(s, vol, book.vol)
        out[f"delta_{venue}"] = -sign[venue] * s * x.hedge / USD_PER_BN
        out[f"slope_{venue}"] = sign[venue] * dollar_gamma(x.gamma, s)
    hedge, gamma = np.zeros(s.size), np.zeros(s.size)
    for note in book.notes:
        state = _state(note, s, vol / book.vol)
        hedge += -note.units * state[0]
        gamma += -note.units * state[1]
    out["delta_notes"], out["slope_notes"] = -s * hedge / USD_PER_BN, dollar_gamma(gamma, s)
    for k in ("delta", "slope"):
        out[k] = out[f"{k}_etf"] + out[f"{k}_crypto"] + out[f"{k}_notes"]
    return out


def _state(note: Note, s: Array, ratio: float) -> tuple[Array, Array]:
    """Delta and gamma at each spot: plain where the note has knocked in or would be."""
    plain = note.plain(s, ratio)
    if note.knocked_on is not None:
        return plain.delta, plain.gamma
    live = note.alive(s, ratio)
    if note.monitoring == "maturity":
        return live.delta, live.gamma
    under = s <= note.barrier
    return np.where(under, plain.delta, live.delta), np.where(under, plain.gamma, live.gamma)
