r"""The contract every measurement of the model fulfils.

A measurement is one daily equation that is linear in the day's unknowns, given the day's returns:

.. math:: \sum_j a_j x_j = b + e, \qquad e \sim N(0, v)

It declares what it reads, where it stands in the causal graph and which priors it needs, and states its row. The
likelihood, the simulator, the gate, the draws and the report run over the registry, so a further measurement is one
file and one line in :mod:`model.mechanisms.measurements`.

``p`` is a mapping of parameters, ``d`` of arrays (:func:`model.inference.arrays.arrays`); both may hold NumPy numbers or
symbolic tensors. The same equation is stated a second time, for one day and in plain numbers, by the measurement's line
in :data:`model.mechanisms.simulate.lines.MEASUREMENTS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

PREMIUM, PRINTS = "premium", "prints"
"""Unknowns besides the shock groups: the futures premium's deviation, and missing fund prints (one column each)."""


class Term(NamedTuple):
    """An unknown that a row reads: a shock group, :data:`PREMIUM` or :data:`PRINTS`, of ``lag`` days before."""

    unknown: str
    lag: int = 0


class Row(NamedTuple):
    """One equation on every day.

    Attributes
    ----------
    coefficients : mapping of Term
        ``Shape: (T,)`` each; of :data:`PRINTS` ``(M, T)``. Terms left out are zero.
    target, var : (T,) what the terms should add up to, and the variance of the error
    """

    coefficients: Mapping[Term, Any]
    target: Any
    var: Any


@dataclass(frozen=True)
class Measurement:
    """Base measurement. Subclasses override what they need.

    Attributes
    ----------
    name, title : str
    unit, clock : str
        Unit of the numbers, and the hours that a day's number covers.
    columns : tuple of str
        Panel columns; empty for those that every panel has.
    edges : tuple of (cause, effect)
        Timed nodes of the causal graph.
    latents : tuple of str
    priors : tuple of str
        Parameters that need a prior.
    default_priors : mapping of str to mapping
        Priors stated here, each as a table of a prior file: for sets that say nothing about the name.
    node : str or None
        Observed node of the graph that holds the measured numbers.
    determined_by : tuple of str
        Hidden nodes that fix the node but for the error of the measurement.
    measures : tuple of str
        Components whose trades it speaks about.
    supplied : bool
        Whether its numbers are supplied by a column of :attr:`Design.measured` (named like the measurement), rather than
        by an array of their own.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    unit: ClassVar[str] = ""
    clock: ClassVar[str] = "16:00 to 16:00 New York"
    columns: ClassVar[tuple[str, ...]] = ()
    edges: ClassVar[tuple[tuple[str, str], ...]] = ()
    latents: ClassVar[tuple[str, ...]] = ()
    priors: ClassVar[tuple[str, ...]] = ()
    default_priors: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    node: ClassVar[str | None] = None
    determined_by: ClassVar[tuple[str, ...]] = ()
    measures: ClassVar[tuple[str, ...]] = ()
    supplied: ClassVar[bool] = False

    def reads(self, span: int) -> tuple[Term, ...]:  # noqa: ARG002
        """Every unknown of the row; ``span`` is the longest position week in days."""
        return ()

    def row(self, p, d, day, xp) -> Row:
        """The equation.

        Parameters
        ----------
        p, d : mapping
        day : model.mechanisms.day.Evaluated
            What is known of the day's trades at the observed returns.
        xp : module
            ``numpy`` or ``pytensor.tensor``.
        """
        raise NotImplementedError(f"{self.name} states no row.")

    def of_panel(self, frame):
        """Numbers of a supplied measurement, in its unit: the sum of its columns; None where the panel lacks one.

        Parameters
        ----------
        frame : pandas.DataFrame
            Canonical columns of the panel. ``Shape: (days, columns)``

        Returns
        -------
        numpy.ndarray or None
            ``Shape: (days,)``, NaN where missing.
        """
        if not self.columns or not set(self.columns) <= set(frame):
            return None
        return frame[list(self.columns)].sum(axis=1, skipna=False).to_numpy(float)

    def value(self, d):
        """Numbers of a supplied measurement, zero where missing. ``(T,)``."""
        return d["measured_values"][d["measured"].index(self.name)]

    def weight(self, d):
        """1 on days that have a number, 0 elsewhere. ``(T,)``; data, no parameter enters."""
        return d["measured_seen"][d["measured"].index(self.name)]

    def used(self, d):  # noqa: ARG002
        """Where each term may differ from zero, ``(terms, T)``; None: everywhere. It narrows the system's band."""
        return
