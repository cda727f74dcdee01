"""What is declared as used is what moves the design, and nothing else."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from model.design.subject import Request, load_subject
from model.design.used import used_columns
from model.panel import Panel


@pytest.fixture(scope="module")
def subject(event_panel_path, tmp_path_factory):
    """The event with every further input supplied."""
    from model.panel.universe import load_universe

    table = pd.read_csv(event_panel_path)
    rng = np.random.default_rng(1)
    for e in load_universe("us-spot-btc").extras:
        if not set(e.inputs) & set(table) and e.key not in ("shares_outstanding", "nav"):
            low, high = e.range
            table[e.columns[0]] = rng.uniform(low + 0.4 * (high - low), low + 0.6 * (high - low), len(table))
    path = tmp_path_factory.mktemp("used") / "panel.csv"
    table.to_csv(path, index=False)
    out = path.parent
    request = Request(event="2026-02-05", panel=path, out=out, priors="literature", book=False)
    return load_subject(request)


def _hash(subject, frame: pd.DataFrame) -> tuple[str, str]:
    """Hash of design and of priors when the panel holds other numbers."""
    from model.design.make import make_design
    from model.design.option_flow import moved_sign, option_flow
    from model.priors.prior_set import load_priors

    p = subject.panel
    panel = Panel(frame, p.listed, p.universe, p.supplied)
    design = make_design(panel, subject.card)
    priors = moved_sign(load_priors("literature"), option_flow(panel, design))
    changed = dataclasses.replace(subject, panel=panel, design=design, priors=priors)
    return changed.design_hash, str(priors["dealer_sign"])


def test_the_declared_columns_are_those_that_move_the_design(subject):
    frame = subject.panel.frame
    before = _hash(subject, frame)
    moved = set()
    for column in frame.select_dtypes("number"):
        other = frame.copy()
        other[column] = other[column] * np.linspace(1.001, 1.002, len(frame))
        if _hash(subject, other) != before:
            moved.add(column)
    assert moved == set(used_columns(subject))
