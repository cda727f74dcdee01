"""The browser: lists, filters, opens and compares; hostile ids, paths and hosts are refused."""

from __future__ import annotations

import http.client
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import lxml.html
import pytest
from synthetic_fit import gate, write_fit, write_verdict

from model.errors import DataError
from model.report.browse.server import Browser
from model.report.browse.shelf import chosen, shelf, take


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from model.report.tables import tidy_tables
    from model.store import open_tree

    home = tmp_path_factory.mktemp("shelf") / "fits"
    for k, name in enumerate(("one", "two")):
        folder = write_fit(home / name, samples=80, draws=30, seed=k, readings=("vendor", "next_day"))
        (folder / "tables").mkdir()
        with open_tree(folder / "decomposition.nc") as tree:
            for table, frame in tidy_tables(tree.load(), ["2026-02-05", "2026-02-06"]).items():
                frame.to_csv(folder / "tables" / f"{table}.csv", index=False)
    path = home / "two" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"event": "other", "priors": "wide"}))
    (home / "refused").mkdir()
    write_verdict(home / "refused", "fail", None)
    (home / "refused" / "manifest.json").unlink()
    (home / "not-a-fit").mkdir()
    outside = home.parent / "outside"
    shutil.copytree(home / "one", outside)
    (home / "link").symlink_to(outside, target_is_directory=True)
    return home


@pytest.fixture(scope="module")
def server(root: Path) -> Iterator[Browser]:
    found = Browser(root)
    thread = threading.Thread(target=found.serve_forever, daemon=True)
    thread.start()
    yield found
    found.shutdown()
    found.server_close()


def ask(
    server: Browser, path: str, host: str | None = None, method: str = "GET"
) -> tuple[int, str, dict[str, str]]:
    line = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=60)
    line.putrequest(method, path, skip_host=True)
    line.putheader("Host", host if host is not None else f"127.0.0.1:{server.server_port}")
    line.endheaders()
    answer = line.getresponse()
    return answer.status, answer.read().decode(), {k.lower(): v for k, v in answer.getheaders()}


def names(html: str) -> list[str]:
    return [a.text for a in lxml.html.fromstring(html).xpath("//table[@id='fits']//th/a")]


def test_every_fit_is_listed_and_nothing_else(server: Browser) -> None:
    status, html, headers = ask(server, "/")
    assert status == 200
    assert names(html) == ["one", "refused", "two"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("?event=other", ["two"]),
        ("?verdict=fail", ["refused"]),
        ("?verdict=fitted", ["one", "two"]),
        ("?event=none", []),
    ],
)
def test_fits_are_filtered_by_event_and_verdict(server: Browser, query: str, wanted: list[str]) -> None:
    assert names(ask(server, f"/{query}")[1]) == wanted


def test_a_fit_is_opened_and_a_refused_one_too(server: Browser) -> None:
    assert 'id="headline-sentence"' in ask(server, "/fit/one/")[1]
    assert "Causal gate: fail." in ask(server, "/fit/refused/")[1]


def test_two_fits_are_compared(server: Browser, root: Path) -> None:
    status, html, _ = ask(server, "/compare?a=one&b=two")
    assert status == 200
    page = lxml.html.fromstring(html)
    differences = " ".join(page.get_element_by_id("differences").text_content().split())
    assert "priorsliteraturewide" in differences
    assert len(page.xpath("//section[@id='split']//table")) == 4
    assert len(page.xpath("//section[@id='parameters']//tr[@data-parameter]")) > 20
    kept = json.loads(page.get_element_by_id("data-daily-flow").text)
    assert {t.get("name") for t in kept["data"]} >= {"one", "two"}
    import pandas as pd

    tables = [pd.read_csv(root / n / "tables" / "event.csv") for n in ("one", "two")]
    rows = [
        t[
            (t["reading"] == "vendor")
            & (t["view"] == "channel")
            & (t["quantity"] == "flow")
            & (t["part"] == "basis")
        ].iloc[0]
        for t in tables
    ]
    change = f"{rows[1]['median'] - rows[0]['median']:+.0f}".replace("-", "\N{MINUS SIGN}")
    first = page.xpath("//section[@id='split']//table")[0]
    assert change in [td.text for tr in first.findall(".//tbody/tr") for td in tr.findall("td")[-1:]]


def test_a_fit_without_a_decomposition_is_not_compared(server: Browser) -> None:
    status, html, _ = ask(server, "/compare?a=one&b=refused")
    assert status == 404
    assert "no decomposition: refused" in html


@pytest.mark.parametrize(
    "path",
    [
        "/fit/../",
        "/fit/..%2f..%2fetc/",
        "/fit/%2e%2e/",
        "/fit/.git/",
        "/fit/link/",
        "/fit/one/../two/",
        "/fit/one",
        "/fit/one/gate.json",
        "/fit/not-a-fit/",
        "/fit//",
        "/../../etc/passwd",
        "/etc/passwd",
        "/fit/one%00/",
        "/fit/<script>alert(1)</script>/",
        "/static/x.js",
        "/compare?a=../one&b=two",
        "/compare?a=one",
        "/compare",
        "/" + "a" * 2000,
    ],
)
def test_hostile_addresses_are_not_found(server: Browser, path: str) -> None:
    status, html, _ = ask(server, path)
    assert status == 404
    assert "<script>alert" not in html
    assert "root:x:" not in html


@pytest.mark.parametrize(
    "host", ["", "evil.example", "127.0.0.1", "localhost:1", "127.0.0.1.evil.example:80"]
)
def test_another_host_is_refused(server: Browser, host: str) -> None:
    status, html, _ = ask(server, "/", host)
    assert status == 421
    assert "one" not in names(html)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_changed(server: Browser, method: str) -> None:
    assert ask(server, "/", method=method)[0] == 501


def test_it_listens_on_the_loopback_address_only(server: Browser) -> None:
    assert server.server_address[0] == "127.0.0.1"
    assert ask(server, "/", f"localhost:{server.server_port}")[0] == 200


def test_filters_are_text(server: Browser) -> None:
    html = ask(server, "/?event=%3Cscript%3Ealert(1)%3C/script%3E")[1]
    assert "<script>alert" not in html


@pytest.mark.parametrize("name", ["../one", "", ".", "a/b", "one\n", "link", "not-a-fit"])
def test_only_a_fit_of_the_shelf_is_taken(root: Path, name: str) -> None:
    with pytest.raises(DataError):
        take(root, name)
    assert take(root, "one").id == "one"


def test_a_shelf_with_a_broken_record_is_still_a_shelf(root: Path, tmp_path: Path) -> None:
    assert shelf(tmp_path / "absent") == []
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "gate.json").write_text(gate("pass", None).to_json())
    (folder / "manifest.json").write_text("{not json")
    (found,) = shelf(tmp_path)
    assert (found.state, found.verdict) == ("incomplete", "pass")
    assert [f.id for f in chosen(shelf(root), verdict="refused")] == ["refused"]
