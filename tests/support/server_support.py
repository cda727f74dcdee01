"""A local web server that misbehaves on request: wrong answers in a queue before the good one, bodies cut short."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

type Answer = tuple[int, bytes, dict[str, str]]


class Server:
    """Answers by path; each path has a queue of misbehaviours before the good answer."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.bad: dict[str, list[Answer]] = {}
        self.cut: dict[str, int] = {}
        self.good: dict[str, Callable[[dict[str, list[str]]], bytes]] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # noqa: N802
                url = urlparse(self.path)
                outer.asked.append(self.path)
                queue = outer.bad.get(url.path, [])
                status, body, headers = queue.pop(0) if queue else outer.answer(url.path, parse_qs(url.query))
                self.send_response(status)
                for k, v in headers.items():
                    self.send_header(k, v)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                left = outer.cut.get(url.path, 0)
                outer.cut[url.path] = left - 1
                self.wfile.write(body[: len(body) // 2] if left > 0 else body)

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def answer(self, path: str, query: dict[str, list[str]]) -> Answer:
        """The good answer; 404 for a path that nobody has."""
        if path not in self.good:
            return 404, b"", {}
        return 200, self.good[path](query), {}

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
