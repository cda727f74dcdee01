"""Which canonical columns of the panel a fit is made from; all others are carried, and the manifest says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model.design.option_flow import ROLES
from model.mechanisms.measurements import MEASUREMENTS
from model.panel.roles import FLOW, vendor_flow
from model.panel.vendors import sight

if TYPE_CHECKING:
    from model.design.subject import Subject
    from model.panel.universe import Universe

MEASURED = {"short": ("short",), "net": ("short", "long"), "open_interest": ("open_interest",)}
"""Canonical columns behind each measure of weekly positions."""


def used_columns(subject: Subject) -> frozenset[str]:
    """Canonical columns that move this fit's design or its priors."""
    u = subject.panel.universe
    out = {"price", "etf_close", "stress", "implied_vol", "future", "future_days", *_of_universe(u)}
    titles = {(fund.key, v.title): v.key for fund in u.funds for v in fund.vendors}
    for use in sight(subject.panel).uses:
        if use.used:
            out.add(vendor_flow(use.fund, titles[use.fund, use.vendor]))
    for m in MEASUREMENTS:
        if m.name in subject.design.measured:
            out.update(m.columns)
    if "overnight" in subject.design.measured:
        out.update(f"factor_{f.key}_{end}" for f in u.factors for end in ("open", "close"))
    if subject.option_flow is not None:
        out.update(ROLES)
    return frozenset(out)


def _of_universe(u: Universe) -> set[str]:
    flows = {FLOW + k for k in u.fund_keys}
    factors = {f"factor_{f.key}" for f in u.factors}
    members = {f"factor_{f.key}_less_{n}" for f in u.factors for n in range(len(f.exclude))}
    return flows | factors | members | set(MEASURED[u.positions.used])
