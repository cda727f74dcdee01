"""Correlated priors inside a PyMC model."""

from __future__ import annotations

import pymc as pm
import pytensor.tensor as pt

from model.priors.correlated import Joint, constrain


def symbolic(joint: Joint, name: str = "joint"):
    """The parameters inside a PyMC model: one standard normal vector, moved and mapped.

    Returns
    -------
    dict of str to tensor
    """
    z = pm.Normal(name, 0.0, 1.0, shape=len(joint.mean))
    moved = joint.mean + pt.dot(joint.cholesky, z)
    return {e.name: constrain(e, part, pt) for e, part in zip(joint.entries, joint.split(moved), strict=True)}
