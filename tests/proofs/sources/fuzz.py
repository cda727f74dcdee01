"""Judge mutated files against their oracles, and count."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from model.errors import AttributionError
from tests.proofs.sources.mutations import CLASSES, HIDDEN, Case, Values, values
from tests.proofs.sources.samples import Sample, samples

LIMIT_S = 10
"""Seconds of computing after which a reader hangs; not of the clock, which goes on while others have the processor."""
ROUNDING = 1e-9


class Hang(Exception):
    """A reader took longer than `LIMIT_S`."""


@dataclass
class Tally:
    """One class: how many were tried, read, refused, and went wrong."""

    name: str
    hidden: bool
    tried: int = 0
    read: int = 0
    refused: int = 0
    silent: int = 0
    crashed: int = 0
    slowest_ms: float = 0.0
    examples: list[str] = field(default_factory=list)


def judge(case: Case, sample: Sample, truth: Values) -> tuple[str, str]:
    """(``read``, ``refused``, ``silent`` or ``crashed``; what was wrong).

    ``silent`` means the oracle is broken without an error: a wrong value, a value on a wrong day, a value
    lost that should not be, or a file read that had to be refused.
    """
    if case.oracle.startswith("fetched"):
        sample = replace(sample, spec=replace(sample.spec, fetched_at=pd.Timestamp(case.oracle.split()[1])))
    try:
        with _alarm(LIMIT_S):
            got = values(case.blob, sample)
    except AttributionError as error:
        if case.oracle == "equal":
            return "silent", f"refused though correct: {error}"
        return "refused", str(error)
    except Hang:
        return "crashed", "hang"
    except Exception as error:  # noqa: BLE001  (the point of fuzzing: any other exception is a finding)
        return "crashed", f"{type(error).__name__}: {error}"
    wrong = _wrong(got, truth, case)
    if case.oracle == "refused":
        return "silent", wrong or "read though it had to be refused"
    return ("silent", wrong) if wrong else ("read", "")


def _wrong(got: Values, truth: Values, case: Case) -> str:
    for key, value in got.items():
        if key not in truth:
            return f"{key[0]} on {key[1].date()}: {value:g}, where there is nothing"
        if abs(value - truth[key]) > ROUNDING * max(1.0, abs(truth[key])):
            return f"{key[0]} on {key[1].date()}: {value:g} instead of {truth[key]:g}"
    for column, day in truth.keys() - got.keys():
        if case.lost is not None and day not in case.lost:
            return f"{column} on {day.date()} lost"
    return ""


def run(n: int, seed: int = 0, progress: Callable[[int], None] = lambda _: None) -> list[Tally]:
    """Try `n` mutated files, spread evenly over classes and samples.

    Returns
    -------
    list of Tally
        One per class.
    """
    truths = {s.name: values(s.blob(), s) for s in samples()}
    tallies = {name: Tally(name, name in HIDDEN) for name in CLASSES}
    names, files = list(CLASSES), samples()
    done = step = 0
    while done < n:
        name, sample = names[step % len(names)], files[(step // len(names)) % len(files)]
        step += 1
        rng = np.random.default_rng([seed, step])
        case = CLASSES[name](rng, sample)
        if case is None:
            continue
        _one(tallies[name], case, sample, truths[sample.name])
        done += 1
        progress(done)
    return list(tallies.values())


def _one(tally: Tally, case: Case, sample: Sample, truth: Values) -> None:
    begin = time.perf_counter()
    verdict, what = judge(case, sample, truth)
    tally.slowest_ms = max(tally.slowest_ms, 1e3 * (time.perf_counter() - begin))
    tally.tried += 1
    setattr(tally, verdict, getattr(tally, verdict) + 1)
    finding = verdict == "crashed" or (verdict == "silent" and not tally.hidden)
    if finding and len(tally.examples) < 3:
        tally.examples.append(f"{sample.name}: {what}")


def table(tallies: list[Tally]) -> pd.DataFrame:
    """Tallies as a table; ``ok`` where a detectable class has no silent error and no other exception."""
    rows = [
        {
            "class": t.name,
            "detectable": "no" if t.hidden else "yes",
            "tried": t.tried,
            "read_correctly": t.read,
            "refused": t.refused,
            "silent_error": t.silent,
            "other_exception_or_hang": t.crashed,
            "ok": "yes" if not t.crashed and (t.hidden or not t.silent) else "NO",
            "meaning": " ".join((CLASSES[t.name].__doc__ or "").split()),
        }
        for t in tallies
    ]
    return pd.DataFrame(rows)


class _alarm:  # noqa: N801
    """Raise `Hang` after some seconds of computing (where the system has such alarms)."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __enter__(self) -> None:
        if hasattr(signal, "SIGPROF"):
            self._old = signal.signal(signal.SIGPROF, self._ring)
            signal.setitimer(signal.ITIMER_PROF, self.seconds)

    def __exit__(self, *_: object) -> None:
        if hasattr(signal, "SIGPROF"):
            signal.setitimer(signal.ITIMER_PROF, 0.0)
            signal.signal(signal.SIGPROF, self._old)

    @staticmethod
    def _ring(*_: object) -> None:
        raise Hang
