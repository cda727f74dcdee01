r"""Signed taker flow of crypto venues: what takers bought less what they sold.

.. math:: T_t = \mu + N_t + \pi \textstyle\sum_c (\text{trades of the funds' side})_c + e_t

``N`` is crypto-native demand; a share :math:`\pi` of the other trades and hedges is executed on the same venues and shows
there too. The flow is a sample of what all crypto venues trade, and demand is measured in its units. On UTC days the
number ends three to four hours after the price does: what the clocks do not share is error.
"""

from __future__ import annotations

from typing import ClassVar

from model import units
from model.mechanisms.components import COMPONENTS
from model.mechanisms.day import day_factor, group_leader, linked_groups, local_groups
from model.mechanisms.measurements.base import PRINTS, Measurement, Row, Term
from model.mechanisms.simulate import lines

CRYPTO, GROUP = "crypto_native", "crypto"


def _edges(node: str) -> tuple[tuple[str, str], ...]:
    """Demand before and after the open, the return that takers follow, and everybody whose trades pass through."""
    others = (c.name for c in COMPONENTS if c.name != CRYPTO)
    return (("crypto_night[t]", node), ("return[t]", node), *((f"{n}[t]", node) for n in (CRYPTO, *others)))


class Taker(Measurement):
    """Perpetual and spot taker flow on the price's own clock."""

    name = "taker_flow"
    title = "Signed taker flow, perpetual and spot"
    unit = "thousand units of the underlying"
    columns: ClassVar[tuple[str, ...]] = ("extra_taker_perp", "extra_taker_spot")
    edges: ClassVar[tuple[tuple[str, str], ...]] = _edges("taker_flow[t]")
    latents = ("crypto_night[t]",)
    priors: ClassVar[tuple[str, ...]] = ("taker_mean", "taker_noise", "taker_pass")
    node = "taker_flow[t]"
    determined_by = (CRYPTO,)
    measures = (CRYPTO,)
    supplied = True
    prefix: ClassVar[str] = "taker"

    def reads(self, span: int) -> tuple[Term, ...]:  # noqa: ARG002
        """Every group: crypto demand in full, the others in part; and yesterday's missing prints."""
        return (*(Term(g) for g in (*linked_groups(), *local_groups())), Term(PRINTS, 1))

    def row(self, p, d, day, xp) -> Row:  # noqa: ARG002
        """Taker flow less known trades."""
        share = self.share(p)
        weight = {k.component.name: self.weight_of(k.component.name, p) for k in day.known}
        known = sum(
            weight[k.component.name] * (k.drive + k.lagged + k.mean + k.response + k.night) for k in day.known
        )
        reaction = sum(weight[k.component.name] * k.component.fund_lag(p) for k in day.known)
        coefficients = {
            Term(g): share * d["rate"] * weight[group_leader(g).name]
            for g in (*linked_groups(), *local_groups())
        }
        coefficients[Term(PRINTS, 1)] = share * d["rate"] * reaction * d["gap_yesterday"]
        target = self.value(d) - p[f"{self.prefix}_mean"]
        target = target - share * d["rate"] * (known + reaction * d["flows_lag_total"])
        day_scale = day_factor(group_leader(GROUP), p)
        return Row(coefficients, target, p[f"{self.prefix}_noise"] ** 2 * day_scale)

    def share(self, p):  # noqa: ARG002
        """Size of the flow relative to crypto-native demand."""
        return 1.0

    def weight_of(self, component: str, p):
        """Part of a component's trades that these venues see."""
        return 1.0 if component == CRYPTO else p["taker_pass"]


class TakerUtc(Taker):
    """Spot taker flow of the UTC days since the trading day before."""

    name = "taker_utc"
    title = "Signed taker flow, spot, UTC days"
    clock = "UTC days"
    columns: ClassVar[tuple[str, ...]] = ("extra_taker_spot_utc",)
    edges: ClassVar[tuple[tuple[str, str], ...]] = _edges("taker_utc[t]")
    priors: ClassVar[tuple[str, ...]] = ("taker_utc_mean", "taker_utc_noise", "taker_utc_share", "taker_pass")
    node = "taker_utc[t]"
    prefix = "taker_utc"

    def of_panel(self, frame):
        """USD m in units of the underlying at the close; nothing where the flow on the price's own clock is there."""
        spot = super().of_panel(frame)
        if spot is None or set(Taker.columns) <= set(frame):
            return None
        return units.usd_m_to_bn(spot) * units.bn_to_thousand_units(frame["price"].to_numpy(float))

    def share(self, p):
        """Spot flow of one venue relative to perpetual and spot."""
        return p["taker_utc_share"]


class _Reading(lines.Reading):
    """The same for one day of the simulator."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix

    def mean(self, p, path, t: int) -> float:
        """Mean, crypto demand, and a part of everybody else's trades."""
        others = path.basis[t] + path.dealer[t] + path.multi_asset[t] + path.directional[t] + path.demand[t]
        others += sum(x[t] for name, x in path.further.items() if name != CRYPTO)
        share = p["taker_utc_share"] if self.prefix == "taker_utc" else 1.0
        traded = path.further[CRYPTO][t] + p["taker_pass"] * others
        return p[f"{self.prefix}_mean"] + share * path.rate[t] * traded

    def spread(self, p, day: float) -> float:
        """Wild with the price."""
        return day * p[f"{self.prefix}_noise"]


MEASUREMENTS = (Taker(), TakerUtc())
for _measurement in MEASUREMENTS:
    lines.MEASUREMENTS[_measurement.name] = _Reading(_measurement.prefix)
