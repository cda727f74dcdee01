"""Names for the entries of one vector of unknowns: the likelihood against the simulator."""

from __future__ import annotations

import numpy as np

from model.inference.likelihood.system import Frame
from model.mechanisms.design import Design
from model.mechanisms.simulate.lines import groups_of
from model.mechanisms.simulate.records import Latents


def read_latents(design: Design, frame: Frame, unknowns: np.ndarray) -> Latents:
    """Name the entries of one vector of unknowns (:func:`model.inference.likelihood.system.draw_latents`).

    Parameters
    ----------
    design : Design
    frame : Frame
        From :func:`model.inference.arrays.make_frame`.
    unknowns : numpy.ndarray
        ``Shape: (n,)``.
    """
    basis = int(frame.basis[0])
    groups = frame.column.shape[1] - 1
    demand = [g for g in range(groups) if g != basis]
    gaps = frame.missing >= 0
    flows = np.where(gaps, 0.0, np.nan_to_num(design.flows))
    flows[gaps] = unknowns[frame.missing[gaps]]
    return Latents(
        unknowns[frame.column[:, basis]],
        unknowns[frame.column[:, demand]].sum(axis=1),
        unknowns[frame.column[:, groups]],
        flows,
        {g: np.zeros(design.days) for g in groups_of(design)},
    )
