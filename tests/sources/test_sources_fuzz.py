"""A reduced run of the mutated files; scripts/fuzz_sources.py runs ten thousand."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from tests.proofs.sources import fuzz
from tests.proofs.sources.fuzz import judge, run
from tests.proofs.sources.mutations import DETECTED, HIDDEN, Case, values
from tests.proofs.sources.samples import samples


def test_no_mutation_is_read_wrongly() -> None:
    tallies = run(420, seed=7)
    assert {t.name for t in tallies} == set(DETECTED) | set(HIDDEN)
    assert all(t.tried for t in tallies)
    bad = {t.name: t.examples for t in tallies if t.crashed or (t.silent and not t.hidden)}
    assert not bad


def test_the_judge_can_fail() -> None:
    sample = next(s for s in samples() if s.name == "price")
    truth = values(sample.blob(), sample)
    rows = [list(r) for r in sample.rows]
    rows[3][1] = "70000.00"
    wrong = sample.render(list(sample.head), rows)
    assert judge(Case(wrong, "safe"), sample, truth)[0] == "silent"
    assert judge(Case(sample.blob(), "refused"), sample, truth)[0] == "silent"
    assert judge(Case(b"", "equal"), sample, truth)[0] == "silent"
    assert judge(Case(sample.render(list(sample.head), rows[:-1]), "safe"), sample, truth)[0] == "silent"
    assert judge(Case(sample.blob(), "equal"), sample, truth) == ("read", "")
    broken = replace(sample, spec=replace(sample.spec, reader=None))
    assert judge(Case(sample.blob(), "equal"), broken, truth)[0] in ("crashed", "silent")


def test_a_hang_is_seconds_of_computing_not_of_the_clock(monkeypatch) -> None:
    """A reader that never ends is caught; one that waits for a busy machine is not."""
    sample = next(s for s in samples() if s.name == "price")
    truth = values(sample.blob(), sample)
    monkeypatch.setattr(fuzz, "LIMIT_S", 0.2)

    def waiting(blob, of):
        time.sleep(0.5)
        return values(blob, of)

    monkeypatch.setattr(fuzz, "values", waiting)
    assert judge(Case(sample.blob(), "equal"), sample, truth) == ("read", "")

    def endless(*_):
        while True:
            pass

    monkeypatch.setattr(fuzz, "values", endless)
    assert judge(Case(sample.blob(), "equal"), sample, truth) == ("crashed", "hang")


@pytest.mark.parametrize("name", sorted(HIDDEN))
def test_undetectable_classes_say_what_would_show_them(name: str) -> None:
    assert "shows" in (HIDDEN[name].__doc__ or "") or "show" in (HIDDEN[name].__doc__ or "")
