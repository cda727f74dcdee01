"""The headline: plain words, true to the numbers, never more than three of them in a sentence."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from synthetic_fit import write_fit

from model.report.figures.fit_view import FitView, open_fit
from model.report.page.headline import Headline, _bounded, _named, _small, headline, percentile_text
from model.report.page.parts import ASSUMED, BOUNDED, KNOWN, OPEN, REST, Day, Part, event_parts, label_of

DATE = re.compile(r"\d{1,2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* \d{4}")
NUMBER = re.compile(r"\d[\d.,]*")


def sentences(h: Headline) -> list[str]:
    whole = [h.sentence, *h.unusual, *h.known, *h.bounded, *h.unknown]
    return [s for text in whole for s in re.split(r"(?<=[.;]) ", text)]


@pytest.fixture(scope="module")
def view(reported_fit: Path):
    found = open_fit(reported_fit)
    yield found
    found.close()


def test_no_sentence_holds_more_than_three_numbers(view: FitView) -> None:
    said = sentences(headline(view))
    assert len(said) > 5
    for s in said:
        assert len(NUMBER.findall(DATE.sub("", s))) <= 3, s
        assert s.endswith((".", ";")), s


def test_it_speaks_of_the_day_that_moved_most_with_the_posterior_means(view: FitView) -> None:
    h = headline(view)
    assert h.main.day == pd.Timestamp("2026-02-05")
    data = view.decomposition["vendor"]
    rest = float(data["return_channel"].sel(date="2026-02-05", return_part="unattributed").mean())
    assert f"{abs(rest):.1f}" in h.sentence
    assert "14.2" in h.sentence
    assert h.main.rest.mean == pytest.approx(rest)


def test_means_of_the_parts_add_up_to_the_observed_value(view: FitView) -> None:
    for days in event_parts(view).values():
        for d in days:
            assert sum(p.mean for p in d.parts if p.kind != "split") == pytest.approx(d.observed, abs=1e-6)


@pytest.mark.parametrize(
    ("low", "high", "negative", "moved", "label"),
    [
        (-3.0, -1.0, 1.0, True, KNOWN),
        (-3.0, -1.0, 1.0, None, KNOWN),
        (-3.0, -2.0, 1.0, False, ASSUMED),
        (-0.5, 0.9, 0.4, True, BOUNDED),
        (-0.9, -0.1, 0.99, False, BOUNDED),
        (-3.0, 2.0, 0.6, True, OPEN),
    ],
)
def test_what_is_known_bounded_assumed_and_open(low, high, negative, moved, label) -> None:
    assert label_of("basis", low, high, negative, moved, 1.0) == label
    assert label_of("unattributed", low, high, negative, moved, 1.0) == REST


def test_what_is_zero_by_construction_is_not_called_bounded():
    """Data bounded dealers; that crypto venues create no share was assumed."""

    def part(key, low, high):
        return Part(key, key, "part", "#000000", 0.0, low, low, high, high, 0.5, BOUNDED)

    day = Day(
        "flow", pd.Timestamp("2026-02-05"), -400.0, (part("dealer", -20.0, 30.0), part("venues", 0.0, 0.0))
    )
    assert [s.split(" moved ")[0] for s in _bounded(day)] == ["Dealer"]


def test_a_known_part_is_named_and_one_that_only_the_prior_settles_is_not_called_known(
    tmp_path: Path,
) -> None:
    folder = write_fit(tmp_path / "fit", samples=200, draws=60, readings=("vendor",))
    shift(folder, "common_factor", -6.0)
    view = open_fit(folder)
    h = headline(view)
    view.close()
    assert "common risk factors explain 6.0 of it" in h.sentence
    assert any(s.startswith("Common risk factors moved the price of 5 Feb 2026 by") for s in h.known)
    shift(folder, "dealer", -6.0)
    view = open_fit(folder)
    h = headline(view)
    view.close()
    assert not any("Dealer" in s for s in h.known)
    assert any(
        s.startswith("How far dealer hedging moved the price of 5 Feb 2026: data did not narrow its")
        for s in h.unknown
    )


def shift(folder: Path, part: str, size: float) -> None:
    """Move a part of the event's first day, at the cost of the unattributed one."""
    path = folder / "decomposition.nc"
    with xr.open_datatree(path, engine="netcdf4") as tree:
        data = tree["vendor"].to_dataset().load()
    at = {"date": pd.Timestamp("2026-02-05")}
    noise = np.random.default_rng(0).normal(0, 0.3, data.sizes["sample"])
    old = data["return_channel"].sel(at | {"return_part": part}).to_numpy()
    change = size + noise - old
    for name, sign in ((part, 1.0), ("unattributed", -1.0)):
        data["return_channel"].loc[at | {"return_part": name}] += sign * change
    path.unlink()
    xr.DataTree.from_dict({"/vendor": data}).to_netcdf(path, engine="netcdf4")


def test_an_ordinary_week_is_called_ordinary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from model.report.page import answer
    from model.report.page import headline as module

    view = open_fit(write_fit(tmp_path / "fit", samples=100, draws=40, readings=("vendor",)))
    for where in (answer, module):
        monkeypatch.setattr(where, "rank_of", lambda *_: 50.0)
    h = headline(view)
    view.close()
    assert h.sentence.startswith(
        "Flows and returns were ordinary: in the day to New York's close on 5 February 2026 "
    )
    assert h.unusual[0] == "The flows of both days were ordinary."


def test_a_day_without_a_return_is_not_described(tmp_path: Path) -> None:
    folder = write_fit(tmp_path / "fit", samples=100, draws=40, readings=("vendor",))
    path = folder / "decomposition.nc"
    with xr.open_datatree(path, engine="netcdf4") as tree:
        data = tree["vendor"].to_dataset().load()
    data["observed_return"].loc[{"date": list(pd.to_datetime(["2026-02-05", "2026-02-06"]))}] = np.nan
    path.unlink()
    xr.DataTree.from_dict({"/vendor": data}).to_netcdf(path, engine="netcdf4")
    view = open_fit(folder)
    assert headline(view).sentence == "The return of 5 Feb 2026 and 6 Feb 2026 is not known."
    view.close()


def part(key: str, mean: float, label: str) -> Part:
    return Part(key, key.capitalize(), "part", "#000000", mean, mean, mean, mean, mean, 0.5, label)


@pytest.mark.parametrize(
    ("mean", "label", "told"),
    [
        (-6.0, KNOWN, "takers explain 6.0 of it"),
        (-16.0, KNOWN, "takers account for 16.0, more than all of it"),
        (2.0, KNOWN, "takers pushed the other way by 2.0"),
        (-6.0, ASSUMED, "takers may stand for 6.0 of it"),
    ],
)
def test_a_part_is_told_with_the_move_against_it_or_beyond_it(mean: float, label: str, told: str) -> None:
    p = part("takers", mean, label)
    day = Day("return", pd.Timestamp("2024-08-05"), -14.0, (p, part("unattributed", -14.0 - mean, REST)))
    assert _named(day) == [told]


def test_only_what_is_small_beside_the_move_is_said_to_have_moved_it_little() -> None:
    """On a quiet day half a per cent is bounded, and half of the move."""
    parts = (part("factors", 0.5, BOUNDED), part("dealer", 0.1, BOUNDED), part("unattributed", -1.4, REST))
    assert _small(Day("return", pd.Timestamp("2025-12-23"), -0.8, parts)) == ["dealer moved it little"]
    assert _small(Day("return", pd.Timestamp("2025-12-23"), -0.1, parts)) == []


def test_percentiles_near_the_ends_keep_a_decimal() -> None:
    assert [percentile_text(x) for x in (0.9, 1.0, 97.2, 99.4)] == [
        "percentile 0.9",
        "the 1st percentile",
        "the 97th percentile",
        "percentile 99.4",
    ]
