"""What a fit would do, without sampling: design, priors, prior-predictive ranges."""

from __future__ import annotations

import numpy as np
from rich.console import Console
from rich.table import Table

from model import units
from model.attribution.decompose import FLOW_PARTS, RETURN_PARTS, decompose
from model.attribution.replicate import replicate
from model.design.subject import Request, Subject, book_sentence, load_subject
from model.design.used import used_columns
from model.events.facts import told
from model.events.switches import sentence as mechanism_sentence
from model.inference.draws import prior_draws, prior_latents
from model.mechanisms.names import parameter_names
from model.panel.columns import column_sentences
from model.panel.vendors import sight

PRIOR_DRAWS = 500


def describe(request: Request, console: Console) -> None:
    """Print design, priors and prior-predictive ranges."""
    subject = load_subject(request)
    design = subject.design
    console.print(subject.card.title, style="bold")
    console.print(
        f"{design.days} trading days {design.dates[0].date()} to {design.dates[-1].date()}, "
        f"{len(design.funds)} funds, {len(design.positions)} weekly position changes, "
        f"{int(np.isfinite(design.premium).sum())} usable premium days, "
        f"{int((~np.isfinite(design.flows) & (design.listed > 0)).sum())} missing prints, "
        f"{int(design.regime.max()) + 1} booking regime(s)."
    )
    for said in (*subject.panel.findings, *sight(subject.panel).gaps):
        console.print(said, markup=False)
    for f in subject.card.facts:
        console.print(told(f.at.isoformat(), str(f.trading_day), f.text), markup=False)
    for sentence in column_sentences(subject.panel.inputs, used_columns(subject)):
        console.print(sentence, markup=False)
    console.print(book_sentence(subject), markup=False)
    console.print(mechanism_sentence(subject.card.mechanisms), markup=False)
    console.print(_prior_table(subject))
    console.print(_predictive_table(subject, request.seed))


def _prior_table(subject: Subject) -> Table:
    table = Table(
        "parameter", "distribution", "90 % interval", "unit", "source", title=f"Priors: {subject.priors.name}"
    )
    for name in parameter_names():
        prior = subject.priors[name]
        interval = "" if prior.interval90 is None else "{:.3g} .. {:.3g}".format(*prior.interval90)
        table.add_row(name, prior.dist, interval, prior.unit, prior.source)
    return table


def _predictive_table(subject: Subject, seed: int) -> Table:
    design = subject.design
    draws = prior_draws(subject.priors, design, subject.base_shares, PRIOR_DRAWS, seed)
    latents = prior_latents(draws, design, seed)
    flows = np.nan_to_num(design.flows)[None]
    parts = decompose(draws, latents, flows, design, seed)
    again = replicate(draws, design, seed, first=min(design.event_days))
    table = Table("day", "quantity", "5 %", "50 %", "95 %", "observed", title="Prior-predictive ranges")
    for t in design.event_days:
        day = str(design.dates[t].date())
        rows = {
            "flow, USD m": (
                again["flow"].sel(date=design.dates[t]).to_numpy(),
                units.bn_to_usd_m(design.observed_flow[t]),
            ),
            "return, log-%": (again["return"].sel(date=design.dates[t]).to_numpy(), design.returns[t]),
        }
        for j, part in enumerate(FLOW_PARTS[1:-1], start=1):
            rows[f"flow of {part}, USD m"] = (units.bn_to_usd_m(parts.flow_channel[:, t, j]), None)
        for j, part in enumerate(RETURN_PARTS[1:-2], start=1):
            rows[f"return through {part}, log-%"] = (parts.return_channel[:, t, j], None)
        for name, (value, seen) in rows.items():
            low, mid, high = np.quantile(value, [0.05, 0.5, 0.95])
            table.add_row(
                day, name, f"{low:.4g}", f"{mid:.4g}", f"{high:.4g}", "" if seen is None else f"{seen:.4g}"
            )
    return table
