"""A server for one reader on this machine: three kinds of address, nothing else, and only when asked by its own name."""

from __future__ import annotations

from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from model.errors import AttributionError, DataError
from model.report.browse.compare import compare
from model.report.browse.pages import compare_page, list_page, message_page
from model.report.browse.shelf import chosen, shelf, take
from model.report.page import write_report

ADDRESS = "127.0.0.1"
LONGEST = 1000
"""Characters of an address; a longer one is refused unread."""
SAFE = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Browser(ThreadingHTTPServer):
    """Serves the fits of one folder on the loopback address.

    Parameters
    ----------
    root : Path
        The folder of fits.
    port : int
        0 takes any free one.
    """

    daemon_threads = True

    def __init__(self, root: Path, port: int = 0) -> None:
        self.root = root
        super().__init__((ADDRESS, port), Handler)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Names by which this server may be asked; any other is another site's page asking through the reader's browser."""
        return tuple(f"{name}:{self.server_port}" for name in (ADDRESS, "localhost"))

    @property
    def address(self) -> str:
        """Where to look."""
        return f"http://{ADDRESS}:{self.server_port}/"


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Browser
    server_version, sys_version = "fits", ""

    def do_GET(self) -> None:
        """Answer a reader."""
        if self.headers.get("Host", "") not in self.server.hosts:
            self._say(
                HTTPStatus.MISDIRECTED_REQUEST, message_page("This server answers to its own address only.")
            )
            return
        try:
            self._say(HTTPStatus.OK, self._page())
        except DataError as error:
            self._say(HTTPStatus.NOT_FOUND, message_page(error.message))
        except AttributionError as error:
            self._say(HTTPStatus.UNPROCESSABLE_ENTITY, message_page(error.message))

    do_HEAD = do_GET

    def _page(self) -> str:
        if len(self.path) > LONGEST:
            raise DataError("There is no such page.")
        url = urlsplit(self.path)
        asked = {k: v[-1] for k, v in parse_qs(url.query, max_num_fields=8).items()}
        root = self.server.root
        if url.path == "/":
            every = shelf(root)
            event, verdict = asked.get("event", ""), asked.get("verdict", "")
            return list_page(chosen(every, event, verdict), every, event, verdict)
        if url.path == "/compare":
            first, second = (take(root, asked.get(k, "")) for k in ("a", "b"))
            return compare_page(first, second, compare(first, second))
        parts = url.path.split("/")
        if len(parts) == 4 and parts[1] == "fit" and parts[3] == "":
            return _report(take(root, parts[2]).folder)
        raise DataError("There is no such page.")

    def _say(self, status: HTTPStatus, text: str) -> None:
        body = text.encode("utf-8")
        self.send_response(status)
        for name, value in SAFE.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: requests are the reader's own."""


def _report(folder: Path) -> str:
    """The fit's page, written if it has none; a page that is a link out of the folder is not read."""
    page = folder / "report.html"
    if page.is_symlink():
        raise DataError("This fit's page is a link.")
    if not page.is_file():
        write_report(folder)
    return page.read_text(encoding="utf-8")
