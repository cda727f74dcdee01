"""Which effects these data could reveal at all, said in plain words; "not identified" is an answer."""

from __future__ import annotations

from dataclasses import dataclass

import networkx as nx

from model.gate import dowhy_bridge
from model.gate.graph import Graph, split, timed, unroll
from model.gate.projection import project
from model.gate.result import Check
from model.gate.rivals import factor_index
from model.gate.separation import Separation
from model.gate.thresholds import Question, Thresholds

BACK, MAX_ASKED = 3, 6
"""Days shown before t, and how many candidates dowhy searches over where nothing identifies the effect."""


@dataclass(frozen=True)
class Answer:
    """Whether one effect is identified, by what, and why not if not."""

    question: Question
    identified: bool
    how: str
    adjustment: tuple[str, ...] = ()


def answer_questions(graph: Graph, thresholds: Thresholds) -> list[Answer]:
    """Identification of every question; ``factor[t]`` is asked for each factor."""
    return [_answer(graph, question) for question in _spelled_out(graph, thresholds)]


def check_identification(answers: list[Answer]) -> Check:
    """The answers as a check; identification never passes or fails the gate."""
    known = [a.question.title for a in answers if a.identified]
    table = [
        {
            "question": a.question.title,
            "cause": a.question.cause,
            "effect": a.question.effect,
            "identified": a.identified,
            "how": a.how,
            "adjustment": ", ".join(a.adjustment),
        }
        for a in answers
    ]
    sentence = (
        f"{len(known)} of {len(answers)} effects are identified by these daily data; the "
        f"others rest on the priors and on "
        "measurements outside this graph (weekly positions, the dealer book)."
    )
    return Check("identification", None, sentence, table)


def _spelled_out(graph: Graph, thresholds: Thresholds) -> list[Question]:
    out, index = [], factor_index(graph)
    for q in thresholds.questions:
        base, day = split(q.cause)
        members = [timed(f"{base}.{k}", day) for k in index[base]] if base in index else [q.cause]
        out += [Question(_titled(q.title, m, q.cause), m, q.effect, q.through, q.moderates) for m in members]
    known = set(graph.observed) | set(graph.latents)
    return [q for q in out if {split(q.cause)[0], split(q.effect)[0]} <= known]


def _titled(title: str, member: str, cause: str) -> str:
    return title if member == cause else f"{title} ({split(member)[0].partition('.')[2]})"


def _answer(graph: Graph, q: Question) -> Answer:
    hidden = [split(n)[0] for n in (q.cause, q.through, q.effect) if n and split(n)[0] in graph.latents]
    if hidden:
        return Answer(q, False, f"not identified: {', '.join(hidden)} is never observed on a day")
    world = unroll(graph, back=BACK, ahead=max(split(q.effect)[1], 0))
    if not nx.has_path(world, q.cause, q.effect):
        return Answer(
            q, False, "no effect in this graph: no directed path; a correlation must come from elsewhere"
        )
    given = _adjustment(graph, world, q)
    kept = {q.cause, q.effect, *(given or _candidates(graph, world, q))}
    small = project(world, kept)
    seen = dowhy_bridge.identify(small, q.cause, q.effect, sorted(kept))
    if given is not None and seen.method == "adjustment":
        return Answer(q, True, f"by adjustment for {', '.join(given) or 'nothing'}", given)
    if given is None and seen.method is not None:
        via = ", ".join(seen.instruments or seen.adjustment)
        return Answer(
            q, False, f"not by adjustment; dowhy offers {seen.method} {via}, too weak a claim to estimate on"
        )
    return Answer(
        q, False, "not identified: hidden common causes, or price and flow answering each other, stay open"
    )


def _adjustment(graph: Graph, world: nx.DiGraph, q: Question) -> tuple[str, ...] | None:
    """A thin adjustment set among observed non-descendants of the cause (backdoor criterion), or None."""
    cut = world.copy()
    cut.remove_edges_from(list(world.out_edges(q.cause)))
    query = Separation(cut)
    allowed = {timed(b, -k) for b in graph.observed for k in range(BACK)} - nx.descendants(world, q.cause)
    given = (query.ancestors([q.cause, q.effect]) & allowed) - {q.cause, q.effect}
    if not query.separated(q.cause, q.effect, given):
        return None
    for name in sorted(given, key=lambda n: (split(n)[1], n)):
        if query.separated(q.cause, q.effect, given - {name}):
            given.remove(name)
    return tuple(sorted(given))


def _candidates(graph: Graph, world: nx.DiGraph, q: Question) -> list[str]:
    """Causes outside the model: the instruments or adjustments worth offering where none suffices."""
    near = [timed(b) for b in graph.outside + graph.before_open]
    return [n for n in near if n not in (q.cause, q.effect) and n in nx.ancestors(world, q.effect)][
        :MAX_ASKED
    ]
