"""From a verb's numbers to its entry: sentence and picture say what the numbers say."""

from __future__ import annotations

from pathlib import Path

import lxml.html
import pandas as pd
import pytest
from synthetic_fit import write_fit

from model.report import runs
from model.report.entries import entries
from model.report.page import write_report
from model.report.runs import leave

M = "\N{MINUS SIGN}"


def line(day: str, quantity: str, name: str, mid: float) -> dict:
    unit = "log-%" if quantity == "return" else "USD m"
    return {
        "day": day,
        "quantity": quantity,
        "unit": unit,
        "line": name,
        "low": mid - 1,
        "median": mid,
        "high": mid + 1,
    }


def test_a_counterfactual_is_set_beside_what_was_seen() -> None:
    rows = [
        line("2026-02-05", "return", n, x)
        for n, x in (("observed", -14.2), ("counterfactual", -13.0), ("effect of gamma=0", 1.2))
    ]
    rows += [
        line("2026-02-05", "flow", "counterfactual", 5.0),
        line("all days", "return", "counterfactual", 9.0),
    ]
    entry = runs.of_what_if(pd.DataFrame(rows), "gamma=0", ["a note"])
    assert f"With gamma=0, the return of 5 Feb 2026 would have been {M}13.0" in entry.sentence
    assert f"instead of {M}14.2" in entry.sentence
    assert [r["mid"] for r in entry.rows] == [-13.0, 1.2]
    assert entry.rows[0]["seen"] == -14.2
    assert entry.notes == ["a note"]


def test_a_scenario_names_each_book() -> None:
    rows = [
        line("2026-03-02", q, b, x)
        for q, x in (("return", 14.0), ("flow", 100.0))
        for b in ("as it stands", "no gamma")
    ]
    entry = runs.of_scenario(pd.DataFrame(rows), 15.0)
    assert "After a price shock of +15 % the day returns" in entry.sentence
    assert "no gamma 14.0" in entry.sentence
    assert len(entry.rows) == 2


def test_organic_inflow_marks_the_nowcast() -> None:
    columns = ("net_flow", "organic", "organic_low", "organic_high", "p_organic", "published")
    days = pd.DatetimeIndex(["2026-02-05", "2026-02-06"])
    entry = runs.of_organic(
        pd.DataFrame([(1.0, 2.0, 0.0, 4.0, 0.7, True), (9.0, 50.0, 10.0, 90.0, 0.97, False)], days, columns)
    )
    assert "On 6 Feb 2026 organic inflow was 50 [10" in entry.sentence
    assert "0.97" in entry.sentence
    assert entry.rows[1]["label"].endswith("*")
    assert entry.notes


def test_news_counts_what_moved() -> None:
    head = {"date": "2026-02-05", "quantity": "flow", "title": "Basis trade"}
    rows = [head | {"change": c, "change_low": c - 1, "change_high": c + 1} for c in (5.0, -9.0, 0.5)]
    entry = runs.of_news(pd.DataFrame(rows), 12, ("first", "second"))
    assert entry.sentence.startswith("Between first and second 12 values arrived; of 3 lines, 2 moved")
    assert [r["mid"] for r in entry.rows] == [-9.0, 5.0]


def test_rivals_sensitivity_evidence_and_claims_are_counted() -> None:
    story = {"gain_se": 1.0, "days": 59, "tied": False}
    rivals = {
        "rivals": [
            story | {"key": "model", "gain": 0.0},
            story | {"key": "a", "gain": 5.0},
            story | {"key": "b", "gain": -0.1, "tied": True},
        ]
    }
    assert runs.of_rivals(rivals).sentence == "Over 59 days a fits better; tied with the model: b."
    span = {
        "day": "2026-02-05",
        "part": "dealer",
        "unit": "log-%",
        "as_fitted": 0.2,
        "lowest": -1.0,
        "highest": 2.0,
        "sign_changes": True,
    }
    entry = runs.of_sensitivity({"assumptions": 9, "ranges": [span], "notes": ["x"]})
    assert entry.sentence == "Over 9 assumptions the sign changes for dealer."
    said = {"text": "it fell", "before_data": 0.5, "after_data": 0.6, "after_evidence": 0.9, "conflict": True}
    entry = runs.of_evidence({"readings": {"vendor": {"statements": [said]}}})
    assert (
        entry.sentence == "Weighed with 1 statements of outside evidence, 1 in conflict with data and model."
    )
    assert entry.rows[0]["mid"] == 0.9
    entry = runs.of_claims({"verdicts": {"supported": 2, "contradicted": 1}, "claims": [{}, {}, {}]})
    assert entry.sentence == "Of 3 claims of the commentary: 2 supported, 1 contradicted."


def test_a_book_is_drawn_from_its_lowest_to_its_highest_amounts() -> None:
    cases = {
        c: {"etf:gamma": x, "etf:total": x, "all:total": x}
        for c, x in (("low", -1.0), ("mid", -2.0), ("high", -3.0))
    }
    entry = runs.of_dealer_book("A book", cases)
    assert [(r["label"], r["low"], r["high"]) for r in entry.rows] == [
        ("etf, gamma", -3.0, -1.0),
        ("all, total", -3.0, -1.0),
    ]
    assert f"trade {M}2 USD m" in entry.sentence


def test_what_a_verb_leaves_is_on_the_page_and_a_second_run_keeps_the_first(tmp_path: Path) -> None:
    import json

    folder = write_fit(tmp_path / "fit", samples=80, draws=30, readings=("vendor",))
    manifest = json.loads((folder / "manifest.json").read_text())
    assert write_report(folder).is_file()
    table = pd.DataFrame(
        [
            line("2026-02-05", "return", "counterfactual", -3.0),
            line("2026-02-05", "return", "observed", -14.2),
        ]
    )
    for setting in ("gamma=0", "gamma=2"):
        written = leave(runs.of_what_if(table, setting), folder, manifest, table)
    assert [p.name for p in written] == ["what_if-2.json", "what_if-2.csv", "report.html"]
    page = lxml.html.fromstring((folder / "report.html").read_text(encoding="utf-8"))
    for k, setting in ((1, "gamma=0"), (2, "gamma=2")):
        run = page.get_element_by_id(f"run-what-if-{k}")
        assert f"With {setting}" in run.text_content()
        assert page.get_element_by_id(f"data-run-what-if-{k}") is not None
    assert len(entries(folder, manifest)) == 2
    assert pd.read_csv(folder / "entries" / "what_if-1.csv")["median"].tolist() == pytest.approx(
        [-3.0, -14.2]
    )


def test_a_fit_shows_itself_and_prints_one_line(tmp_path: Path) -> None:
    import model

    folder = write_fit(tmp_path / "fit", samples=80, draws=30, readings=("vendor",))
    fit = model.load_fit(folder)
    assert len(repr(fit)) < 200
    html = fit._repr_html_()
    assert 'id="first-picture"' in html
    assert "cannot be attributed" in html
    assert len(html) < 20_000


def test_what_is_left_on_a_sealed_fit_is_under_its_checksums(tmp_path: Path) -> None:
    import json

    from sealed_fit import finish

    from model.store.seal import damage, sums
    from model.studies.again import write_again

    folder = finish(write_fit(tmp_path / "fit", samples=80, draws=40, readings=("vendor",)))
    manifest = json.loads((folder / "manifest.json").read_text())
    (page,) = write_again(folder, None, False, lambda _: None)
    table = pd.DataFrame(
        [
            line("2026-02-05", "return", "counterfactual", -3.0),
            line("2026-02-05", "return", "observed", -14.2),
        ]
    )
    leave(runs.of_what_if(table, "gamma=0"), folder, manifest, table)
    assert damage(folder) == []
    assert {page.name, "entries/what_if-1.json", "entries/what_if-1.csv"} <= set(sums(folder))
