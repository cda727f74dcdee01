"""Fits that went wrong have a page that says so at the top and shows no decomposition."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import lxml.html
import pytest
from synthetic_fit import gate, write_fit, write_verdict

from model.errors import DataError
from model.report.page import write_report
from model.report.page.figures import script_json
from model.report.page.standing import standing
from model.store import file_hash


def page_of(folder: Path):
    return lxml.html.fromstring(write_report(folder).read_text(encoding="utf-8"))


def first(page) -> str:
    return " ".join(next(page.find(".//header").iterchildren()).text_content().split())


def shows_no_number(page) -> bool:
    found = [page.get_element_by_id(k, None) for k in ("first-picture", "parts", "event")]
    return found == [None, None, None] and json.loads(page.get_element_by_id("data").text) is None


@pytest.fixture
def fit(tmp_path: Path) -> Path:
    return write_fit(tmp_path / "fit", samples=80, draws=30, readings=("vendor",))


@pytest.mark.parametrize(("verdict", "reason"), [("fail", "a reason"), ("inconclusive", None)])
def test_a_refused_fit_says_so_and_shows_its_gate(tmp_path: Path, verdict: str, reason: str | None) -> None:
    page = page_of(write_verdict(tmp_path, verdict, reason))
    assert first(page).startswith(f"Causal gate: {verdict}.")
    assert "None of the wrong graphs would be found" in first(page)
    assert shows_no_number(page)
    assert page.get_element_by_id("plot-graph") is not None
    assert "0 of 5 violated." in page.get_element_by_id("causal").text_content()
    assert "is not recorded" in page.get_element_by_id("supplied").text_content()
    assert page.get_element_by_id("absent", None) is None


def test_a_refused_refit_is_not_shown_with_the_numbers_of_the_fit_before(fit: Path) -> None:
    path = fit / "manifest.json"
    stated = json.loads(path.read_text()) | {"files": {"gate.json": file_hash(fit / "gate.json")}}
    path.write_text(json.dumps(stated))
    assert standing(fit).view is not None
    (fit / "gate.json").write_text(gate("fail", None).to_json())
    page = page_of(fit)
    assert "The last fit into this folder was refused" in first(page)
    assert shows_no_number(page)
    (fit / "gate.json").write_text(gate("pass", None).to_json())
    assert first(page_of(fit)).startswith("Files of two fits are mixed.")


def test_the_fit_that_stays_says_that_a_later_one_was_refused(fit: Path) -> None:
    aside = fit.with_name(f"{fit.name}.refused")
    aside.mkdir()
    (aside / "gate.json").write_text(gate("fail", None).to_json())
    later = (fit / "manifest.json").stat().st_mtime + 5
    os.utime(aside / "gate.json", (later, later))
    page = page_of(fit)
    assert first(page).startswith("A later fit into this folder was refused. Causal gate: fail.")
    assert "fit.refused" in first(page)
    assert page.get_element_by_id("first-picture") is not None
    (aside / "gate.json").write_text(gate("pass", None).to_json())
    os.utime(aside / "gate.json", (later, later))
    assert "Its sampling did not converge." in first(page_of(fit))
    os.utime(aside / "gate.json", (0, 0))
    assert "refused" not in first(page_of(fit))


def test_a_fit_that_did_not_converge_names_its_worst_parameters(fit: Path) -> None:
    path = fit / "manifest.json"
    m = json.loads(path.read_text())
    m["checks"]["converged"] = False
    m["diagnostics"]["vendor"] |= {"passed": False, "worst": "r_hat impact", "r_hat_max": 1.9}
    path.write_text(json.dumps(m))
    page = page_of(fit)
    assert first(page).startswith("Sampling did not converge.")
    assert "Vendor's dates (r_hat impact)" in first(page)
    assert shows_no_number(page)
    assert "1.900" in page.get_element_by_id("convergence-table").text_content()


def test_a_fit_without_any_optional_source_says_so_and_is_shown(fit: Path) -> None:
    path = fit / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"supplied": []}))
    page = page_of(fit)
    assert first(page).startswith("Every optional source is missing.")
    assert page.get_element_by_id("first-picture") is not None
    assert "Nothing optional was supplied." in page.get_element_by_id("supplied").text_content()
    assert "not in this fit's folder" in page.get_element_by_id("days").text_content()


def test_a_failed_check_stands_at_the_top(fit: Path) -> None:
    path = fit / "manifest.json"
    m = json.loads(path.read_text())
    m["checks"]["vendor: simulator reproduces the data within 1e-9"] = False
    path.write_text(json.dumps(m))
    assert "simulator reproduces the data" in first(page_of(fit))


def test_half_a_folder_is_called_incomplete(fit: Path) -> None:
    (fit / "posterior.nc").unlink()
    page = page_of(fit)
    assert "The folder lacks posterior.nc" in first(page)
    assert shows_no_number(page)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no gate.json"):
        write_report(tmp_path)


def test_surroundings_of_other_data_are_not_shown(fit: Path) -> None:
    from synthetic_fit import write_surroundings

    path = write_surroundings(fit)
    assert page_of(fit).get_element_by_id("barriers", None) is not None
    path.write_text(json.dumps(json.loads(path.read_text()) | {"data": "other"}))
    assert page_of(fit).get_element_by_id("barriers", None) is None


EVIL = '</script><script>alert(1)</script><img src=x onerror="alert(2)">'


def test_hostile_text_of_a_card_is_text_everywhere(fit: Path, tmp_path: Path) -> None:
    from synthetic_fit import write_surroundings

    from model.report.entries import Entry, record

    folder = tmp_path / "evil"
    shutil.copytree(fit, folder)
    path = write_surroundings(folder)
    around = json.loads(path.read_text())
    around["factors"] = {EVIL: next(iter(around["factors"].values()))}
    around["barriers"][0] |= {"title": EVIL, "source": EVIL}
    around["books"][0]["title"] = EVIL
    path.write_text(json.dumps(around))
    m = json.loads((folder / "manifest.json").read_text())
    fact = {"at": "2025-10-10T20:50:00+00:00", "trading_day": "2025-10-13", "text": EVIL, "source": EVIL}
    m |= {"title": EVIL, "facts": [fact], "event": EVIL, "priors": EVIL}
    (folder / "manifest.json").write_text(json.dumps(m))
    record(Entry("news", EVIL, EVIL, [{"label": EVIL, "mid": 1.0}], [EVIL]), folder, m)
    html = write_report(folder).read_text(encoding="utf-8")
    assert "<script>alert" not in html
    assert "<img" not in html
    page = lxml.html.fromstring(html)
    assert not page.xpath("//*[@onerror]")
    kept = json.loads(page.get_element_by_id("data-days").text)
    assert EVIL in json.dumps(kept, ensure_ascii=False).replace('\\"', '"')


def test_json_in_a_script_cannot_end_it() -> None:
    text = script_json({"a": "</script><!--\u2028&"})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"a": "</script><!--\u2028&"}
