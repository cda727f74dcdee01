"""Rows of the comparison and of the sensitivity as text, for terminal, page and report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

COLUMNS = ("story", "elpd (s.e.)", "gain (s.e.; Monte Carlo)", "event days", "other days (s.e.)", "weight",
           "log BF (error)", "worst k (days over 0.7)", "verdict")  # fmt: skip
HEAD = ("day", "part", "as fitted", "lowest median", "highest median", "sign")


TIED = "not told apart"
"""Stands for the stacking weight of a story tied with the model: one optimum's weight, which other days would turn round."""


def rival_cells(r: Mapping[str, Any], first: str) -> list[str]:
    """One story as :data:`COLUMNS`; ``first`` is the model's own key."""
    factor, own = r.get("log_bayes_factor"), r["key"] == first
    return [
        r["key"], f"{r['elpd']:.1f} ({r['elpd_se']:.1f})",
        "" if own else f"{r['gain']:+.2f} ({r['gain_se']:.2f}; {r['gain_mc']:.2f})",
        "" if own else f"{r['event_gain']:+.2f}",
        "" if own else f"{r['rest_gain']:+.2f} ({r['rest_gain_se']:.2f})",
        TIED if r.get("tied") else f"{r['weight']:.2f}",
        "" if factor is None else f"{factor:+.2f} ({r['log_bayes_factor_error']:.2f})",
        f"{r['pareto_k_max']:.2f} ({r['pareto_k_bad']})", _verdict(r, own),
    ]  # fmt: skip


def _verdict(r: Mapping[str, Any], own: bool) -> str:
    if own:
        return ""
    word = "tied" if r["tied"] else "better" if r["gain"] > 0 else "worse"
    return word + ("" if r["converged"] in (None, True) else ", not converged")


def rival_notes(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What must be read with the table: ties and what would end them, days that importance weights cannot leave out."""
    out = [
        f"{r['key']} is tied with the model. It would be told apart by {r['separated_by']}."
        for r in rows[1:]
        if r["tied"]
    ]
    if any(r["tied"] for r in rows[1:]):
        out.append(
            "Stacking weights are one optimum's and carry no error: between tied stories they say nothing, so a tied "
            "story's is not shown, and the model's own is what is left beside the stories that are told apart."
        )
    bad = sorted({d for r in rows for d in r["bad_days"]})
    if bad:
        out.append(
            f"Pareto k exceeds 0.7 on {', '.join(bad)} in at least one story: the density of these days is indicative only."
        )
    none = [r["key"] for r in rows[1:] if r.get("log_bayes_factor") is None]
    if none:
        out.append(
            f"No Bayes factor for {', '.join(none)}: a shock of any size on one day (the factor would say how wide its "
            "prior is, and so does that day's density, in part), or a Monte Carlo error above one nat."
        )
    return out


def range_cells(r: Mapping[str, Any]) -> list[str]:
    """One line of the sensitivity as :data:`HEAD`."""
    d = 0 if r["unit"] == "USD m" else 2
    sign = ("changes" if r["sign_changes"] else "kept") + ("" if r["sign_ever_sure"] else ", never sure")
    return [
        r["day"], f"{r['quantity']}: {r['part']}, {r['unit']}", f"{r['as_fitted']:.{d}f}",
        f"{r['lowest']:.{d}f} ({r['lowest_under']})", f"{r['highest']:.{d}f} ({r['highest_under']})", sign,
    ]  # fmt: skip
