"""The symbolic model sees the book through precomputed columns; numbers look the curves up: both must agree."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
import pytest
from book_support import wild_design
from synthetic import random_parameters

from model.inference.arrays import arrays
from model.inference.build import _symbolic, shared_data
from model.inference.inputs import evaluate


@pytest.fixture(scope="module")
def compiled():
    """Jacobian, price target and booked trades of a design with a book, parameters fixed, data exchangeable."""
    design = wild_design(3)
    p = random_parameters(design, 3) | {"impact": 1.5, "dealer_sign": 0.8, "crypto_sign": -0.6}
    symbols = {k: pt.as_tensor_variable(np.asarray(v, float)) for k, v in p.items()}
    with pm.Model() as model:
        eq = evaluate(symbols, _symbolic(arrays(design)), pt)
    with pytensor.config.change_flags(mode="FAST_COMPILE"):
        outputs = [eq.jacobian, eq.rows["price"].target, eq.inputs.trades]
        function = pytensor.function([], outputs, mode="FAST_COMPILE")
    return design, p, model, function


def test_symbols_equal_numbers_whatever_the_data(compiled):
    """The design's own data, other returns, and no book at all, through one compiled function."""
    design, p, model, function = compiled
    none = {"book_days": design.book_days[:0], "book_knots": design.book_knots[:0]}
    seen = []
    for other in (design, replace(design, returns=design.returns * 1.3), replace(design, **none)):
        with model:
            pm.set_data(shared_data(other))
        eq = evaluate(p, arrays(other), np)
        for found, expected in zip(
            function(), (eq.jacobian, eq.rows["price"].target, eq.inputs.trades), strict=True
        ):
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
        seen.append(eq.jacobian)
    assert np.abs(seen[0] - seen[1]).max() > 1e-3
    assert np.abs(seen[0] - seen[2]).max() > 1e-3
