"""A server that means harm, and lists that do: bounded size and time, one host, one folder."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from model.errors import DataError
from model.sources.download import download, load_jobs
from model.sources.fetch import Fetcher
from model.sources.record import Job
from scripts.download import main

NOW = datetime(2026, 3, 14, 13, 20, tzinfo=UTC)
type Reply = Callable[[BaseHTTPRequestHandler], None]


class Hostile:
    """Answers by path with whatever a test does to the connection."""

    def __init__(self) -> None:
        self.replies: dict[str, Reply] = {}
        self.stop = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # noqa: N802
                try:
                    outer.replies[self.path](self)
                except OSError:
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._http.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.stop.set()
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def server() -> Iterator[Hostile]:
    out = Hostile()
    yield out
    out.close()


def fetcher(**limits: float) -> Fetcher:
    return Fetcher(attempts=2, base=0.0, pause=0.0, sleep=lambda _: None, timeout=5.0, **limits)


def begin(h: BaseHTTPRequestHandler, **headers: str) -> None:
    h.send_response(200)
    for name, value in headers.items():
        h.send_header(name.replace("_", "-"), value)
    h.end_headers()


def replying(body: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    """A whole answer of this body."""

    def reply(h: BaseHTTPRequestHandler) -> None:
        begin(h, Content_Length=str(len(body)))
        h.wfile.write(body)

    return reply


def get(url: str, **limits: float) -> bytes:
    f = fetcher(**limits)
    try:
        return f.get(url, {}, lambda _: None)[0]
    finally:
        f.close()


def test_a_body_without_end_is_given_up(server: Hostile) -> None:
    sent = []

    def endless(h: BaseHTTPRequestHandler) -> None:
        begin(h)
        while not server.stop.is_set():
            h.wfile.write(b"x" * 65_536)
            sent.append(65_536)

    server.replies["/x"] = endless
    with pytest.raises(DataError, match="more than 1,000,000 bytes"):
        get(f"{server.url}/x", max_bytes=1_000_000)
    assert sum(sent) < 50_000_000


def test_a_gzip_bomb_is_given_up_by_its_unpacked_size(server: Hostile) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    assert len(bomb) < 100_000

    def answer(h: BaseHTTPRequestHandler) -> None:
        begin(h, Content_Encoding="gzip", Content_Length=str(len(bomb)))
        h.wfile.write(bomb)

    server.replies["/x"] = answer
    with pytest.raises(DataError, match="more than 1,000,000 bytes"):
        get(f"{server.url}/x", max_bytes=1_000_000)


@pytest.mark.parametrize("packing", ["gzip, gzip", "br", "zstd"])
def test_packings_that_were_not_asked_for_are_refused(server: Hostile, packing: str) -> None:
    server.replies["/x"] = lambda h: begin(h, Content_Encoding=packing)
    with pytest.raises(DataError, match="packed as"):
        get(f"{server.url}/x")


def test_a_broken_packing_is_a_named_error(server: Hostile) -> None:
    def answer(h: BaseHTTPRequestHandler) -> None:
        begin(h, Content_Encoding="gzip", Content_Length="9")
        h.wfile.write(b"not gzip!")

    server.replies["/x"] = answer
    with pytest.raises(DataError, match="cannot be unpacked"):
        get(f"{server.url}/x")


@pytest.mark.parametrize("where", ["body", "head"])
def test_a_page_that_drips_is_given_up(server: Hostile, where: str) -> None:
    def drip(h: BaseHTTPRequestHandler) -> None:
        if where == "body":
            begin(h)
        else:
            h.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not server.stop.wait(0.05):
            h.wfile.write(b"x")
            h.wfile.flush()

    server.replies["/x"] = drip
    server.replies["/y"] = replying(b"ok")
    f = fetcher(max_seconds=0.5)
    started = time.process_time()
    with pytest.raises(DataError, match="took longer than 0.5 s"):
        f.get(f"{server.url}/x", {}, lambda _: None)
    assert time.process_time() - started < 5
    assert f.get(f"{server.url}/y", {}, lambda _: None)[0] == b"ok"
    f.close()


def onward(to: str) -> Reply:
    def answer(h: BaseHTTPRequestHandler) -> None:
        h.send_response(302)
        h.send_header("Location", to)
        h.send_header("Content-Length", "0")
        h.end_headers()

    return answer


def test_a_redirect_to_another_host_is_refused_with_the_way_on(server: Hostile) -> None:
    asked = []
    server.replies["/x"] = onward(f"http://localhost:{server.port}/y")
    server.replies["/y"] = lambda h: asked.append(h)
    with pytest.raises(DataError, match="another place, http://localhost") as caught:
        get(f"{server.url}/x")
    assert "--endpoint" in caught.value.remedy
    assert not asked


def test_a_redirect_on_the_same_host_is_followed_so_often(server: Hostile) -> None:
    server.replies["/x"] = onward("/y")
    server.replies["/y"] = replying(b"ok")
    assert get(f"{server.url}/x") == b"ok"
    server.replies["/y"] = onward("/x")
    with pytest.raises(DataError, match="more than 5 times"):
        get(f"{server.url}/x")


def listed(folder: Path, name: str, suffix: str = "csv", url: str = "http://127.0.0.1:9/x") -> Path:
    path = folder / "list.toml"
    path.write_text(
        f'[[download]]\nname = "{name}"\nurl = "{url}"\npaging = "single"\nsuffix = "{suffix}"\n'
        '[download.source]\nreader = "table"\nclock = "new_york_16"\n[[download.source.series]]\nrole = "price"\n'
        'unit = "USD"\nplausible = [1, 9e9]\nfield = "px"\n'
    )
    return path


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("../escaped", "csv"),
        ("/tmp/x", "csv"),
        ("..", "csv"),
        ("a\\\\b", "csv"),
        ("", "csv"),
        ("x", "../../csv"),
        ("x", "c/v"),
    ],
)
def test_an_entry_cannot_name_a_place_outside(tmp_path: Path, name: str, suffix: str) -> None:
    with pytest.raises(DataError, match="list.toml"):
        load_jobs(listed(tmp_path, name, suffix))


def test_a_link_out_of_the_folder_is_not_followed(server: Hostile, tmp_path: Path) -> None:
    body = b"date,px\n2026-02-02,5\n"
    server.replies["/x"] = replying(body)
    head, jobs = load_jobs(listed(tmp_path, "price", url=f"{server.url}/x"))
    out, elsewhere = tmp_path / "raw", tmp_path / "elsewhere"
    out.mkdir()
    elsewhere.mkdir()
    (out / "price").symlink_to(elsewhere)
    [done] = download(jobs, head, out, date(2026, 2, 1), fetcher(), now=lambda: NOW)
    assert "leads out of" in done.error
    assert not list(elsewhere.iterdir())
    (out / "price").unlink()
    [done] = download(jobs, head, out, date(2026, 2, 1), fetcher(), now=lambda: NOW)
    assert (done.error, done.fetched) == ("", 1)


@pytest.mark.parametrize(
    "record",
    [
        "source = 3\n",
        "[[source]]\nseries = []\n",
        '[[source]]\nname = "p"\nfile = [{ path = 3 }]\n',
        "source = [[1]]\n",
    ],
)
def test_a_damaged_record_is_a_named_error(tmp_path: Path, record: str) -> None:
    (tmp_path / "sources.toml").write_text(record)
    jobs: list[Job] = []
    with pytest.raises(DataError, match=r"sources\.toml") as caught:
        download(jobs, {"panel": {}}, tmp_path, date(2026, 2, 1), fetcher())
    assert caught.value.remedy


def test_an_endpoint_without_an_address_is_not_ignored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--out", str(tmp_path), "--endpoint", "coinbase"]) == 2
    assert "no NAME=URL" in capsys.readouterr().err
