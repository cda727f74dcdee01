"""The page in a real browser: nothing leaves it, everything is drawn and answers, readers of all kinds can use it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import browser
import pandas as pd
import pytest
from synthetic_fit import gate, write_fit, write_surroundings

from model.report.entries import Entry, record
from model.report.page import write_report

pytestmark = pytest.mark.skipif(bool(browser.missing()), reason=browser.missing() or "a browser is here")

LONG = pd.bdate_range("2024-01-11", periods=556)
WIDTHS = (1280, 390)
CUT = """
return Array.from(document.querySelectorAll('body *')).filter(e => {
  const r = e.getBoundingClientRect();
  return r.width > 0 && (r.right > innerWidth + 1 || r.left < -1)
    && !e.closest('.scroll, .broad, nav, .plot, #js-plotly-tester')
    && getComputedStyle(e).clipPath === 'none' && !e.closest('thead');
}).map(e => e.tagName + '#' + e.id + '.' + e.className + ' ' + e.textContent.slice(0, 40));
"""
CLIPPED = """
return Array.from(document.querySelectorAll('.plot')).flatMap(p => {
  const box = p.getBoundingClientRect();
  return Array.from(p.querySelectorAll('text')).filter(t => {
    const r = t.getBoundingClientRect();
    return r.width > 0 && (r.left < box.left - 2 || r.right > box.right + 2);
  }).map(t => p.id + ': ' + t.textContent);
});
"""


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    with browser.browser() as found:
        yield found


@pytest.fixture(scope="module")
def fit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_fit(tmp_path_factory.mktemp("browser") / "fit", samples=200, draws=60)
    write_surroundings(folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    rows = [
        {"label": f"row {k}", "mid": float(k), "low": k - 1.0, "high": k + 1.0, "seen": 0.0} for k in range(5)
    ]
    record(
        Entry("what_if", "Without gamma the return would have been the same.", "log-%", rows),
        folder,
        manifest,
    )
    write_report(folder)
    return folder


@pytest.fixture
def page(driver, fit: Path):
    browser.resize(driver, *(1280, 800))
    browser.console_errors(driver)
    browser.requests(driver)
    browser.open_page(driver, fit / "report.html")
    return driver


def text(driver, key: str) -> str:
    return " ".join(driver.find_element("id", key).text.split())


def test_no_error_no_request_and_every_figure_drawn(page) -> None:
    boxes = page.find_elements("class name", "plot")
    assert len(boxes) == 10
    assert all(b.get_attribute("data-drawn") == "yes" for b in boxes)
    assert all(b.find_elements("css selector", "svg.main-svg") for b in boxes)
    assert browser.console_errors(page) == []
    assert browser.requests(page) == []


def test_each_figure_can_be_saved(page) -> None:
    """Two named buttons a figure; the vector file is the figure, made without a request."""
    figures = page.find_elements("css selector", "figure:has(.plot)")
    for f in figures:
        assert [b.text for b in f.find_elements("css selector", "button.save")] == ["SVG", "PNG"]
    saved = page.execute_async_script(
        "const done = arguments[0], box = document.querySelector('.plot');"
        "Plotly.downloadImage = (gd, o) => Plotly.toImage(gd, o).then((url) => done([o.format, gd === box, url]));"
        "box.closest('figure').querySelector('button.save').click();"
    )
    assert saved[:2] == ["svg", True]
    assert saved[2].startswith("data:image/svg+xml")
    assert "%3Csvg" in saved[2]
    assert browser.requests(page) == []


def test_the_first_picture_is_on_the_first_screen(page) -> None:
    bottom = page.execute_script(
        "return document.getElementById('first-picture').getBoundingClientRect().bottom"
    )
    assert 0 < bottom <= 800


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_cut_off(driver, fit: Path, width: int) -> None:
    browser.resize(driver, width, 844)
    browser.open_page(driver, fit / "report.html")
    assert driver.execute_script("return document.documentElement.scrollWidth") <= width
    assert driver.execute_script(CUT) == []
    assert driver.execute_script(CLIPPED) == []


def test_datings_views_and_days_are_switched(page) -> None:
    plot = page.find_element("id", "plot-waterfall-flow")
    before = plot.get_attribute("aria-label")
    page.find_element("css selector", "#switch-reading button[data-reading='next_day']").click()
    assert plot.get_attribute("data-reading") == "next_day"
    assert plot.get_attribute("aria-label") != before
    page.find_element("css selector", "#switch-by button[data-by='trigger']").click()
    assert "whose shock" in text(page, "waterfall-flow-title")
    page.find_element("css selector", "#switch-day button[data-day='2026-02-06']").click()
    assert text(page, "waterfall-return-title").startswith("Return on 6 Feb 2026")
    pressed = page.find_elements("css selector", "#switches button[aria-pressed='true']")
    assert len(pressed) == 3
    assert "9.5" in text(page, "place")
    seen = page.execute_script("return document.getElementById('plot-waterfall-return').data[3].x[0]")
    assert seen == pytest.approx(9.5)


def test_a_click_on_a_day_gives_that_days_split_and_its_place(page) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    page.execute_script("document.getElementById('days').scrollIntoView()")
    drag = page.find_elements("css selector", "#plot-days .nsewdrag")[0]
    ActionChains(page).move_to_element_with_offset(drag, -200, 0).pause(0.3).perform()
    hover = page.find_elements("css selector", "#plot-days .hoverlayer text")
    assert any("[" in t.text or t.text for t in hover)
    ActionChains(page).click().pause(0.3).perform()
    day = page.find_element("id", "plot-waterfall-return").get_attribute("data-day")
    assert day not in ("2026-02-05", "2026-02-06")
    assert "Against all other days" in text(page, "place")
    assert page.find_element("id", "any-day").get_attribute("value") == day


def test_the_theme_switches_figures_too(page) -> None:
    ink = "return document.getElementById('plot-days').layout.font.color"
    light = page.execute_script(ink)
    page.find_element("id", "theme").click()
    assert page.execute_script("return document.documentElement.dataset.theme") == "dark"
    browser_wait(page, lambda d: d.execute_script(ink) != light)
    assert text(page, "theme") == "Light"
    page.find_element("id", "theme").click()
    browser_wait(page, lambda d: d.execute_script(ink) == light)


def browser_wait(driver, until) -> None:
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(driver, 20, 0.05).until(until)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_and_contrast_passes(page, theme: str) -> None:
    found = find_spec("axe_core_python")
    if found is None or found.origin is None:
        pytest.skip("axe-core-python is not installed")
    page.execute_script(f"document.documentElement.dataset.theme = '{theme}'")
    page.execute_script((Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8"))
    run = "const done = arguments[0]; axe.run({exclude: [['.plot']]}).then(r => done(r.violations))"
    page.set_script_timeout(60)
    bad = [v for v in page.execute_async_script(run) if v["impact"] in ("serious", "critical")]
    assert [(v["id"], [n["html"][:120] for n in v["nodes"]][:3]) for v in bad] == []


def test_a_long_fit_is_small_enough_and_answers(driver, tmp_path: Path) -> None:
    folder = write_fit(tmp_path / "long", samples=300, draws=60, days=LONG, readings=("vendor", "next_day"))
    write_surroundings(folder, LONG)
    path = write_report(folder)
    assert path.stat().st_size < 6e6
    browser.resize(driver, 1280, 800)
    browser.open_page(driver, path)
    assert len(driver.find_elements("css selector", "#any-day option")) == 556
    assert browser.console_errors(driver) == []


def test_a_refused_fit_is_drawn_without_error(driver, fit: Path, tmp_path: Path) -> None:
    folder = tmp_path / "refused"
    shutil.copytree(fit, folder)
    (folder / "gate.json").write_text(gate("fail", None).to_json())
    browser.open_page(driver, write_report(folder))
    assert browser.console_errors(driver) == []
    assert text(driver, "gate-refused").startswith("Causal gate: fail.")
    assert driver.find_element("id", "plot-graph").get_attribute("data-drawn") == "yes"


def test_hostile_text_runs_nothing(driver, tmp_path: Path) -> None:
    evil = "</script><script>window.bad=1</script><img src=x onerror='window.bad=1'><b>"
    folder = write_fit(tmp_path / "evil", samples=80, draws=30, readings=("vendor",))
    path = write_surroundings(folder)
    around = json.loads(path.read_text())
    around["factors"] = {evil: next(iter(around["factors"].values()))}
    around["books"][0]["notes"][0]["name"] = evil
    path.write_text(json.dumps(around))
    manifest = json.loads((folder / "manifest.json").read_text()) | {"title": evil}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    record(Entry("news", evil, evil, [{"label": evil, "mid": 1.0, "group": evil}], [evil]), folder, manifest)
    browser.open_page(driver, write_report(folder))
    assert driver.execute_script("return window.bad") is None
    assert browser.console_errors(driver) == []
    assert browser.requests(driver) == []


def test_a_pdf_is_printed(fit: Path, tmp_path: Path) -> None:
    from model.report.page.pdf import write_pdf

    shutil.copyfile(fit / "report.html", tmp_path / "report.html")
    path = write_pdf(tmp_path / "report.html")
    assert path.read_bytes().startswith(b"%PDF")
    assert path.stat().st_size > 1e5
