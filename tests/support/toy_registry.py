"""A fifth component and a measurement of it, registered before anything else is imported (``pytest -p toy_registry``).

The component moves the price alone: some traders answer stress and have a shock of their own. The measurement reads their
trades on every day. Nothing else of the project knows them.
"""

from __future__ import annotations

import model.mechanisms.components as components
from model.mechanisms.components.base import NO_EFFECT, NO_SCALE, Component, Shock, State
from model.mechanisms.simulate import lines


class Toy(Component):
    """Traders who move the price and create no share."""

    name = "toy"
    title = "Toy traders"
    edges = (("stress[t]", "toy[t]"), ("toy[t]", "return[t]"))
    latents = ("toy[t]",)
    signs = {"flow": 0, "return": 1, "premium": 0, "implied_vol": 0}
    priors = ("toy_scale", "toy_stress")
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

import model.priors.prior_set as prior_set  # noqa: E402

_UNIT = {"unit": "a toy's", "source": "a toy's"}
PRIORS = {
    "toy_scale": prior_set.Prior("LogNormal", {"mu": -1.0, "sigma": 0.4}, **_UNIT),
    "toy_stress": prior_set.Prior("Normal", {"mu": 0.2, "sigma": 0.1}, **_UNIT),
    "toy_gain": prior_set.Prior("LogNormal", {"mu": 0.0, "sigma": 0.2}, **_UNIT),
    "toy_error": prior_set.Prior("LogNormal", {"mu": -2.0, "sigma": 0.3}, **_UNIT),
}
_load = prior_set.load_priors


def load_priors(name_or_path):
    """Every set, with priors for the toys."""
    found = _load(name_or_path)
    return prior_set.replace(found, parameters={**found.parameters, **PRIORS})


prior_set.load_priors = load_priors
