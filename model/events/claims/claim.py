"""A claim: a paraphrase, its source, and a test named in the event card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from model.events.claims import column_tests, correlation, figure_tests, model_tests
from model.events.claims.finding import Finding, Scene
from model.events.quantities import Ground
from model.toml_table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Test(Protocol):
    """What every test offers."""

    def run(self, scene: Scene) -> Finding:
        """Look at the data or the fit."""


READERS: dict[str, Callable[[Table, Ground], Test]] = {
    "figure": figure_tests.read_figure,
    "record": figure_tests.read_record,
    "correlation": correlation.read_correlation,
    "rarity": figure_tests.read_rarity,
    "first_below": figure_tests.read_first_below,
    "total": column_tests.read_total,
    "outgrew": column_tests.read_outgrew,
    "led": column_tests.read_led,
    "sign": model_tests.read_sign,
    "largest": model_tests.read_largest,
    "larger": model_tests.read_larger,
    "expected_flow": model_tests.read_expected,
    "parameter": model_tests.read_parameter,
    "rival": model_tests.read_rival,
    "not_supplied": model_tests.read_not_supplied,
}
"""Tests by name; a new one is a reader here."""


@dataclass(frozen=True)
class Claim:
    """One statement of a commentary.

    Attributes
    ----------
    key, text, source : str
        ``text`` is a paraphrase in our own words.
    name : str
        Name of the test.
    test : Test
    comment : str or None
    """

    key: str
    text: str
    source: str
    name: str
    test: Test
    comment: str | None = None


def refuse_unknown_rivals(claims: tuple[Claim, ...], tables: list[Table], rivals: Sequence[str]) -> None:
    """Refuse a claim about a rival story that the card does not tell: no comparison could ever decide it.

    Raises
    ------
    DataError
        With the line.
    """
    for claim, t in zip(claims, tables, strict=True):
        if isinstance(claim.test, model_tests.RivalClaim) and claim.test.rival not in rivals:
            known = ", ".join(rivals) or "none"
            t.refuse(
                "rival", f"unknown rival {claim.test.rival!r}", f"Add it to [[rivals]], which has {known}."
            )


def read_claims(tables: list[Table], g: Ground) -> tuple[Claim, ...]:
    """The card's ``[[claims]]``.

    Raises
    ------
    DataError
        With the line: unknown test or part, day off the calendar, missing unit, a key used twice, a quotation.
    """
    out: list[Claim] = []
    for t in tables:
        key, text, source = t.text("key"), t.text("text"), t.text("source")
        if any(key == c.key for c in out):
            t.refuse("key", f"{key!r} was used before", "Give every claim its own key.")
        if any(mark in text for mark in ('"', "\u201c", "\u201d", "\u00ab")):
            t.refuse("text", "contains quotation marks", "Paraphrase the claim in your own words.")
        name = t.text("test", choices=tuple(READERS))
        comment = t.text("comment", None)
        out.append(Claim(key, text, source, name, READERS[name](t, g), comment))
        t.done()
    return tuple(out)
