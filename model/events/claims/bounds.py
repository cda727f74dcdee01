"""How large a part would have to be for a claim to become possible, and which assumptions hold it below that.

Data may not narrow a part and still leave no room for a claim: a dealer book and an impact bound what hedges can have done,
whatever their sign. Such a claim is *bounded out*: it needs a part beyond the interval.
"""

from __future__ import annotations

import numpy as np

from model.events.claims.finding import Scene
from model.events.quantities import Quantity

SCALES = {
    "crypto_native": ("crypto_price", "the price's answer to a unit of taker flow"),
    "dealer": ("impact", "price impact (or a book as many times larger)"),
}
"""Parameter that a part of the return grows with, and what it is; ``impact`` unless named."""
USUAL = ("impact", "price impact")
ENDS = (0.055, 0.945)


def bound_sentence(scene: Scene, q: Quantity, draws: np.ndarray, needed: float) -> str:
    """The most that a part can be, and by what factor it would have to be larger.

    Parameters
    ----------
    scene : Scene
    q : Quantity
    draws : numpy.ndarray
        ``Shape: (S,)``, the part.
    needed : float
        The size at which the claim becomes possible, signed.
    """
    low, high = np.quantile(draws, ENDS)
    most = float(high if needed > 0 else low)
    text = f"At most {most:+.2g} {q.unit} at 89 %; the claim needs {needed:+.2g}"
    if most * needed <= 0.0:
        return f"{text}, with the other sign."
    factor = needed / most
    text += f", {factor:.1f} times as much"
    name, what = SCALES.get(q.part, USUAL)
    found = next((p[name].to_numpy() for p in scene.posteriors.values() if name in p), None)
    if found is None or not q.kind.startswith("return"):
        return f"{text}."
    middle = float(np.median(found))
    return f"{text}: {what} of {factor * middle:.2g} instead of {middle:.2g}."
