"""A fifth component and a measurement of it, registered before anything else is imported (``pytest -p toy_registry``).

The component moves the price alone: some traders answer stress and have a shock of their own. The measurement reads their
trades on every day. Nothing else of the project knows them.
"""

from __future__ import annotations

import model.mechanisms.components as components
from model.mechanisms.components.base import NO_EFFECT, NO_SCALE, Component, Shock, State
from model.mechanisms.simulate import lines


def stated(dist, mu, sigma, low, high):
    """A prior as a file states it."""
    interval = [low, high]
    return {
        "dist": dist,
        "mu": mu,
        "sigma": sigma,
        "interval90": interval,
        "unit": "toys",
        "source": "a toy's",
    }


class Toy(Component):
    """Traders who move the price and create no share."""

    name = "toy"
    title = "Toy traders"
    edges = (("stress[t]", "toy[t]"), ("toy[t]", "return[t]"))
    latents = ("toy[t]",)
    signs = {"flow": 0, "return": 1, "premium": 0, "implied_vol": 0}
    priors = ("toy_scale", "toy_stress")
    default_priors = {
        "toy_scale": stated("LogNormal", -1.0, 0.4, 0.1905, 0.7103),
        "toy_stress": stated("Normal", 0.2, 0.1, 0.0355, 0.3645),
    }
    reaches = ("return",)
    shock = Shock("toy", scaled_by="price")
    colour = "#123456"
    off = {"toy_scale": NO_SCALE, "toy_stress": NO_EFFECT}
    size = ("toy_stress",)

    def drive(self, p, s: State):
        return -p["toy_stress"] * s.stress


class ToyLine(lines.Line):
    groups = ("toy",)

    def before(self, p, design, path, t):
        return -p["toy_stress"] * design.stress[t]

    def spread(self, p, group, day):
        return day * p["toy_scale"]


TOY = Toy()
components.COMPONENTS = (*components.COMPONENTS, TOY)
lines.COMPONENTS["toy"] = ToyLine()

import model.mechanisms.measurements as measurements  # noqa: E402
from model.mechanisms.measurements.base import Measurement, Row, Term  # noqa: E402


class Gauge(Measurement):
    """What the toy traders did, with an error."""

    name = "toy_gauge"
    title = "Toy gauge"
    unit = "USD bn"
    columns = ("extra_toy",)
    edges = (("toy[t]", "toy_gauge[t]"),)
    priors = ("toy_gain", "toy_error")
    default_priors = {
        "toy_gain": stated("LogNormal", 0.0, 0.2, 0.7197, 1.3895),
        "toy_error": stated("LogNormal", -2.0, 0.3, 0.0826, 0.2217),
    }
    node = "toy_gauge[t]"
    determined_by = ("toy",)
    measures = ("toy",)
    supplied = True

    def reads(self, span):
        return (Term("toy"),)

    def row(self, p, d, day, xp):
        drive = next(k.drive for k in day.known if k.component.name == "toy")
        return Row({Term("toy"): p["toy_gain"]}, self.value(d) - p["toy_gain"] * drive, p["toy_error"] ** 2)


class GaugeLine(lines.Reading):
    def mean(self, p, path, t):
        return p["toy_gain"] * path.further["toy"][t]

    def spread(self, p, day):
        return p["toy_error"]


measurements.MEASUREMENTS = (*measurements.MEASUREMENTS, Gauge())
lines.MEASUREMENTS["toy_gauge"] = GaugeLine()
