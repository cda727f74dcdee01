"""Two vendors for one number: by how many trading days are they shifted, how far apart, and on which days?

A shift between two labels of one flow is invisible in either file. It shows when one vendor is moved
against the other: at the right lag almost every day agrees to rounding, elsewhere almost none.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from model.panel.roles import SEPARATOR, roles
from model.panel.scale import other_scale
from model.panel.universe import Universe

MAX_LAG = 5
MIN_DAYS = 10  # days both vendors must have before anything is said
CLEAR = 0.5  # share of days that must agree at the estimated lag, and its lead over the next best


@dataclass(frozen=True)
class Reconciliation:
    """A pair of vendors for one column.

    `lag` is how many trading days the second vendor dates later than the first (None: not clear). `table`
    has one row per lag: days, match share, correlation. `differences` has the days that disagree at the
    lag.
    """

    column: str
    first: str
    second: str
    lag: int | None
    table: pd.DataFrame = field(repr=False)
    level: float = np.nan
    typical: float = np.nan
    differences: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    other_scale: str = ""

    def __str__(self) -> str:
        """One sentence with the evidence."""
        pair = f"{self.column}: {self.second} against {self.first}"
        if self.lag is None:
            days = int(self.table["days"].max()) if len(self.table) else 0
            return f"{pair}: no clear shift ({days} common days)."
        at = self.table.loc[self.lag]
        when = (
            "same date"
            if self.lag == 0
            else f"dated {abs(self.lag)} trading day(s) {'later' if self.lag > 0 else 'earlier'}"
        )
        rival = self.table["match"].drop(self.lag).max()
        return (
            f"{pair}: {when}; {at['match']:.1%} of {at['days']:.0f} days agree (next best lag {rival:.0%}), "
            f"correlation {at['correlation']:.3f}; {len(self.differences)} days disagree."
        )


def vendor_pairs(panel: pd.DataFrame) -> list[tuple[str, str]]:
    """(column, column of a further vendor), e.g. ``flow_x`` and ``flow_x__vendor``."""
    extra = [c for c in panel.columns if SEPARATOR in c and c.split(SEPARATOR)[0] in panel.columns]
    return [(c.split(SEPARATOR)[0], c) for c in extra]


def reconcile(
    first: pd.Series,
    second: pd.Series,
    tolerance: float = 1.0,
    relative: bool = False,
    names: tuple[str, str] = ("first", "second"),
) -> Reconciliation:
    """Compare two vendors of one number on trading days.

    Parameters
    ----------
    first, second : Series
        Shape: (T,), same trading days.
    tolerance : float
        Difference that still counts as agreement; relative to the first vendor's value when `relative`.
    """
    lags = range(-MAX_LAG, MAX_LAG + 1)
    table = pd.DataFrame(
        [_at_lag(first, second, k, tolerance, relative) for k in lags],
        index=pd.Index(lags, name="lag"),
        columns=["days", "informative", "match", "correlation"],
    )
    lag = _best(table)
    scale = _scale(first, second, table["correlation"])
    if lag is None:
        return Reconciliation(str(first.name), *names, None, table, other_scale=scale)
    pair = pd.DataFrame({"first": first, "second": second.shift(-lag)}).dropna()
    gap = pair["second"] - pair["first"]
    off = gap.abs() > _allowed(pair["first"], tolerance, relative)
    return Reconciliation(
        str(first.name),
        *names,
        lag,
        table,
        float(gap.median()),
        float(gap.abs().median()),
        pair.assign(difference=gap)[off],
        scale,
    )


def _scale(first: pd.Series, second: pd.Series, correlation: pd.Series) -> str:
    """`other_scale` at the lag with the strongest correlation."""
    if not correlation.notna().any():
        return ""
    lag = int(correlation.index[int(np.nanargmax(correlation.abs().to_numpy(float)))])
    return other_scale(first.to_numpy(float), second.shift(-lag).to_numpy(float))


def _allowed(first: pd.Series, tolerance: float, relative: bool) -> pd.Series:
    return tolerance * first.abs() if relative else pd.Series(tolerance, first.index)


def _at_lag(
    first: pd.Series, second: pd.Series, lag: int, tolerance: float, relative: bool
) -> tuple[int, int, float, float]:
    pair = pd.DataFrame({"a": first, "b": second.shift(-lag)}).dropna()
    near = (pair["a"] - pair["b"]).abs() <= _allowed(pair["a"], tolerance, relative)
    # days on which both say "nothing happened" agree at every lag: they are no evidence
    told = pair[(pair["a"].abs() > tolerance) | (pair["b"].abs() > tolerance)] if not relative else pair
    match = float(near[told.index].mean()) if len(told) else np.nan
    varies = len(pair) > 2 and bool((np.ptp(pair.to_numpy(), axis=0) > 0).all())
    corr = float(np.corrcoef(pair["a"], pair["b"])[0, 1]) if varies else np.nan
    return len(pair), len(told), match, corr


def _best(table: pd.DataFrame) -> int | None:
    match = table["match"].where(table["informative"] >= MIN_DAYS)
    if not match.notna().any():
        return None
    lag = int(match.index[int(np.nanargmax(match.to_numpy()))])
    rival = match.drop(lag).max()
    clear = match[lag] >= CLEAR and (match[lag] - rival >= CLEAR / 2 or (lag == 0 and match[lag] >= rival))
    return lag if clear else None


def reconcile_panel(
    panel: pd.DataFrame, universe: Universe | None = None, flow_prefix: str = "flow_"
) -> list[Reconciliation]:
    """All vendor pairs of a panel: flows to USD 1 m, levels to half a per cent.

    With a universe, a vendor's column under another name that the universe accepts is found too.
    """
    out = []
    if universe is not None:
        named = {c: r.name for r in roles(universe) if SEPARATOR in r.name for c in r.columns if c in panel}
        panel = panel.rename(columns=named)
    for base, extra in vendor_pairs(panel):
        flow = base.startswith(flow_prefix)
        names = ("panel", extra.split(SEPARATOR)[1])
        out.append(reconcile(panel[base], panel[extra], 1.0 if flow else 0.005, not flow, names))
    return out
