"""The page: headline and picture first, numbers of the tables, self-contained, described in words."""

from __future__ import annotations

import json
import re
from pathlib import Path

import lxml.html
import pandas as pd
import pytest
import xarray as xr
from synthetic_fit import REASON, after_sampling

from model.gate.result import GateResult
from model.report.page import write_report
from model.report.tables import event_table
from model.report.tables.text import amount, interval, percent, probability

DAYS = ["2026-02-05", "2026-02-06"]


@pytest.fixture(scope="module")
def page(reported_fit: Path):
    return lxml.html.fromstring((reported_fit / "report.html").read_text(encoding="utf-8"))


def text_of(element) -> str:
    return re.sub(r"[ \n]+", " ", element.text_content()).strip()


def test_headline_and_picture_come_first(page) -> None:
    header = page.get_element_by_id("headline")
    order = [e.get("id") for e in header.iter() if e.get("id")]
    assert order[:3] == ["headline", "headline-sentence", "first-picture"]
    assert page.find(".//h1").get("id") == "headline-sentence"
    wanted = [
        "parts",
        "verdict",
        "questions",
        "event",
        "days",
        "learned",
        "causal",
        "book",
        "checks",
        "claims",
        "provenance",
    ]
    assert [s.get("id") for s in page.findall(".//main/section")] == wanted


def test_the_verdict_line_names_gate_sampling_data_and_dating(page) -> None:
    said = text_of(page.get_element_by_id("verdict"))
    assert "Causal gate Inconclusive." in said
    assert REASON in said
    assert "Converged. Vendor's dates: R-hat 1.004" in said
    assert "Weekly futures positions" in said


@pytest.mark.parametrize("quantity", ["flow", "return"])
@pytest.mark.parametrize("day", DAYS)
def test_numbers_on_the_page_are_those_of_the_table(
    page, decomposition: xr.DataTree, quantity: str, day: str
) -> None:
    table = event_table(decomposition, DAYS)
    shown = page.get_element_by_id(f"{quantity}-{day}")
    rows = table[
        (table["view"] == "channel") & (table["quantity"] == quantity) & (table["date"] == pd.Timestamp(day))
    ]
    lines = shown.findall(".//tbody/tr")
    assert lines[0].get("data-part") == "unattributed"
    assert [tr.get("data-part") for tr in lines] == list(rows[rows["reading"] == "vendor"]["part"])
    for tr in lines:
        cells = tr.findall("td")
        for k, reading in enumerate(("vendor", "next_day")):
            row = rows[(rows["reading"] == reading) & (rows["part"] == tr.get("data-part"))].iloc[0]
            value, share, negative, largest = (text_of(c) for c in cells[4 * k : 4 * k + 4])
            assert cells[4 * k].get("data-reading") == reading
            assert value.replace("†", "").startswith(amount(row["median"], quantity))
            if row["kind"] != "observed":
                assert interval(row["low"], row["high"], quantity) in value
                assert negative == probability(row["p_negative"])
            if row["kind"] in ("line", "sum"):
                assert share.startswith(percent(row["share_median"]))
                assert largest == probability(row["p_largest"])
            else:
                assert share == largest == ""


def test_splits_are_marked_prior_driven_and_blind_numbers_carry_a_dagger(page) -> None:
    table = page.get_element_by_id("flow-2026-02-05")
    marked = {tr.get("data-part") for tr in table.findall(".//tbody/tr") if "†" in tr.text_content()}
    assert marked == {"basis", "dealer"}
    for tr in table.findall(".//tbody/tr[@class='split']"):
        assert "prior-driven" in tr.text_content()


def test_triggers_stand_beside_channels(page, decomposition: xr.DataTree) -> None:
    table = event_table(decomposition, DAYS)
    cells = page.get_element_by_id("trigger-flow-2026-02-05").findall(".//tr[@data-part='basis']/td")
    assert len(cells) == 4
    row = table[
        (table["view"] == "trigger") & (table["quantity"] == "flow") & (table["part"] == "basis")
    ].iloc[0]
    assert text_of(cells[1]) == f"{amount(row['median'], 'flow')} {interval(row['low'], row['high'], 'flow')}"


FIGURE_KEYS = {
    "waterfall-return",
    "waterfall-flow",
    "days",
    "ranks",
    "predictive-flow",
    "predictive-return",
    "book-0",
    "hedging-0",
    "graph",
}


def test_every_figure_is_inside_and_described(page) -> None:
    boxes = page.find_class("plot")
    assert {b.get("data-figure") for b in boxes} == FIGURE_KEYS
    for box in boxes:
        assert len(box.get("aria-label")) > 40
        figure = json.loads(page.get_element_by_id(f"data-{box.get('data-figure')}").text)
        assert figure["data"]
        caption = text_of(page.get_element_by_id(f"fig-{box.get('data-figure')}").find("figcaption"))
        assert "Data ab12cd34ef56" in caption
        assert "Causal gate: inconclusive" in caption


def test_the_page_needs_nothing_from_outside(page, reported_fit: Path) -> None:
    html = (reported_fit / "report.html").read_text(encoding="utf-8")
    assert len(html) < 6e6
    assert not page.xpath("//script[@src]|//link|//img|//iframe")
    assert not re.findall(r"https?://", html)
    assert "@import" not in html
    assert str(reported_fit) not in html
    targets = {a.get("href")[1:] for a in page.xpath("//a")}
    assert targets <= {e.get("id") for e in page.iter() if e.get("id")}
    assert page.get("lang") == "en"
    assert all(th.get("scope") for th in page.findall(".//th"))


def test_the_page_states_data_convergence_definitions_and_provenance(page, reported_fit: Path) -> None:
    manifest = json.loads((reported_fit / "manifest.json").read_text())
    supplied, absent = (text_of(page.get_element_by_id(k)) for k in ("supplied", "absent"))
    assert "Weekly futures positions" in supplied
    assert "Perpetual funding rate" in absent
    assert "operational shorting" in absent
    provenance = text_of(page.get_element_by_id("provenance"))
    assert all(h in provenance for h in manifest["hashes"].values())
    assert "pymc 6.4" in provenance
    assert "dating=both" in provenance
    assert "1.004" in text_of(page.get_element_by_id("convergence-table"))
    meaning = text_of(page.get_element_by_id("meaning"))
    assert "Demand specific to single funds" in meaning
    assert "The model's own price shock" in meaning
    assert "Futures demand outside the ETFs" in meaning


def test_additivity_is_shown(page) -> None:
    text = text_of(page.get_element_by_id("event"))
    found = re.search(r"largest gap over all draws, days and readings is ([\de\-.]+)\.", text)
    assert found is not None
    assert float(found[1]) < 1e-9


def test_a_reason_is_shown_as_text(reported_fit: Path, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "fit"
    shutil.copytree(reported_fit, folder)
    gate = json.loads((folder / "gate.json").read_text())
    gate["accepted_reason"] = "<b>because</b> & so"
    (folder / "gate.json").write_text(json.dumps(gate))
    html = write_report(folder).read_text(encoding="utf-8")
    assert "&lt;b&gt;because&lt;/b&gt; &amp; so" in html


def with_after_sampling(source: Path, folder: Path, passed: bool | None):
    """The page of the same fit after the check on posterior draws."""
    import shutil

    shutil.copytree(source, folder)
    path = folder / "gate.json"
    gate = GateResult.from_json(path.read_text(encoding="utf-8")).with_check(after_sampling(passed))
    path.write_text(gate.to_json(), encoding="utf-8")
    return lxml.html.fromstring(write_report(folder).read_text(encoding="utf-8"))


def test_a_graph_that_fails_after_sampling_is_said_at_the_top(reported_fit: Path, tmp_path: Path) -> None:
    page = with_after_sampling(reported_fit, tmp_path / "fit", False)
    banner = page.get_element_by_id("graph-after-sampling")
    assert text_of(banner).startswith("After sampling, the graph does not hold. What the draws say about x0.")
    assert next(page.find(".//header").iterchildren()) is banner
    marked = page.get_element_by_id("hidden-table").xpath(".//td[@class='mark']")
    assert len(marked) == 3
    assert "90 %" in text_of(marked[0]).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(("passed", "words"), [(True, "also holds"), (None, "cannot be said")])
def test_otherwise_the_causal_section_says_it(reported_fit: Path, tmp_path: Path, passed, words: str) -> None:
    page = with_after_sampling(reported_fit, tmp_path / "fit", passed)
    assert page.get_element_by_id("graph-after-sampling", None) is None
    paragraph = page.get_element_by_id("after-sampling")
    assert words in text_of(paragraph)
    assert "What the draws say about x0." in text_of(paragraph)
    assert paragraph.getparent().get("id") == "causal"
    rows = page.get_element_by_id("hidden-table").findall(".//tbody/tr")
    assert len(rows) == 8
    assert text_of(rows[0].find("th")) == "iv shock[t] \N{UP TACK} x0[t] given past"
    assert [len(r.findall("td")) for r in rows] == [4] * 8
    assert not page.xpath("//table[@id='hidden-table']//td[@class='mark']")


def test_without_that_check_the_page_says_nothing_of_it(page) -> None:
    for name in ("after-sampling", "graph-after-sampling", "hidden-table"):
        assert page.get_element_by_id(name, None) is None


def test_what_was_run_on_the_fit_is_on_the_page_and_what_was_not_is_named(
    reported_fit: Path, tmp_path
) -> None:
    import shutil

    from model.store import write_result

    folder = tmp_path / "fit"
    shutil.copytree(reported_fit, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    story = {"elpd": -1.0, "elpd_se": 1.0, "gain": 0.0, "gain_se": 0.0, "gain_mc": 0.0, "event_gain": 0.0,
             "rest_gain": 0.0, "rest_gain_se": 0.0, "weight": 0.5, "tied": True, "pareto_k_max": 0.2,
             "pareto_k_bad": 0, "bad_days": [], "converged": True, "days": 59, "separated_by": "a book",
             "text": "no hedging"}  # fmt: skip
    write_result("rivals", {"rivals": [story | {"key": "model"}, story | {"key": "other"}]}, folder, manifest)
    claim = {"claim": "it fell", "verdict": "supported", "number": "-3", "reason": "seen.", "comment": ""}
    write_result("claims", {"verdicts": {"supported": 1}, "claims": [claim]}, folder, manifest)
    facts = [
        {
            "at": "2025-10-10T20:50:00+00:00",
            "trading_day": "2025-10-13",
            "text": "a tariff",
            "source": "press",
        }
    ]
    (folder / "manifest.json").write_text(json.dumps(manifest | {"facts": facts}))
    write_report(folder)
    page = lxml.html.fromstring((folder / "report.html").read_text(encoding="utf-8"))
    section = page.get_element_by_id("claims")
    assert text_of(page.get_element_by_id("rivals-table")).count("tied") == 1
    assert "It would be told apart by a book" in text_of(section)
    assert "it fell" in text_of(page.get_element_by_id("claims-table"))
    missing = text_of(page.get_element_by_id("not-run").getnext())
    assert "scripts/sensitivity.py" in missing
    assert "scripts/weigh_evidence.py" in missing
    assert "scripts/compare.py" not in missing
    happened = text_of(page.get_element_by_id("facts"))
    assert "2025-10-10 20:50 UTC (belongs to trading day 2025-10-13): a tariff" in happened


def test_an_edge_that_could_not_be_estimated_is_listed_as_such() -> None:
    from synthetic_fit import gate

    from model.gate.result import Check
    from model.report.page.checks import effects, gate_tables

    rows = [
        {
            "question": "a",
            "cause": "x[t]",
            "effect": "y[t]",
            "stands": True,
            "value": 0.5,
            "error": 0.2,
            "note": "",
        },
        {"question": "b", "cause": "x[t]", "effect": "z[t]", "stands": None, "note": "No column x[t-1]."},
    ]
    found = gate("inconclusive", REASON).with_check(Check("refutation", True, "one stands", rows))
    first, second = effects(found)
    assert (first["value"], first["stands"]) == ("+0.50", "stands")
    assert (second["value"], second["stands"], second["note"]) == (
        "\N{EN DASH}",
        "not estimated",
        "No column x[t-1].",
    )
    shown = next(t for t in gate_tables(found) if t["name"] == "refutation")
    assert [len(r) for r in shown["rows"]] == [len(shown["head"])] * 2


def test_the_command_makes_the_fit_again() -> None:
    from model.report.page.report import reproduce

    asked = {"event": "2026-02-05", "panel": "a b.csv", "dating": "both", "seed": 7, "book": False, "priors": None,
             "mechanisms": {"late_creation": True}, "accept_gate": "so; rm"}  # fmt: skip
    said = reproduce({"arguments": asked})
    assert said == (
        "uv run scripts/fit.py --event 2026-02-05 --panel 'a b.csv' --dating both --seed 7 --accept-gate 'so; rm' "
        "--no-book --mechanism late_creation=on"
    )
    assert reproduce({}) == ""
