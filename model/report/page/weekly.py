"""Weekly change of futures positions beside the model's weekly sum of basis trades, in units of the underlying."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from model.report.figures.basis import COMPONENT
from model.report.figures.fit_view import FitView
from model.report.page.parts import lead
from model.report.tables.lines import QUANTILES, dates_of, thinned
from model.units import UNITS_PER_THOUSAND, USD_PER_MN


def weekly_sums(view: FitView, around: Mapping[str, Any] | None) -> dict[str, list[Any]] | None:
    """Weeks whose days are all in the decomposition; None where there are no positions or no basis trades.

    Returns
    -------
    dict or None
        ``end``: last day; ``seen``: change of positions; ``mean``, ``low``, ``high``: the model's sum. Thousand units.
    """
    data = view.decomposition[lead(view)]
    name = f"latent_{COMPONENT}"
    if not around or not around["weeks"] or name not in data:
        return None
    few = thinned(data)
    trades = few[name].transpose("sample", "date").to_numpy()
    have = [str(d.date()) for d in dates_of(few)]
    price = dict(zip(around["dates"], around["series"]["price"]["values"], strict=True))
    out: dict[str, list[Any]] = {"end": [], "seen": [], "mean": [], "low": [], "high": []}
    for week in around["weeks"]:
        days = [around["dates"][i] for i in week["days"]]
        if any(d not in have or not price[d] for d in days):
            continue
        at = [have.index(d) for d in days]
        units = trades[:, at] * USD_PER_MN / np.array([price[d] for d in days]) / UNITS_PER_THOUSAND
        total = units.sum(axis=1)
        low, _, high = np.quantile(total, QUANTILES)
        for key, v in zip(out, (days[-1], week["change"], total.mean(), low, high), strict=True):
            out[key].append(v if isinstance(v, str) else round(float(v), 3))
    return out if out["end"] else None
