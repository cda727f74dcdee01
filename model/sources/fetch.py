"""HTTP with patience: retries with back-off on what passes, a named error on what does not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import tenacity

from model.errors import DataError

AGENT = "etf-flow-attribution/0.1 (research; reads public pages once a day)"
MAX_WAIT = 60.0  # seconds; also the most a server's Retry-After is honoured
MAX_BYTES = 256 * 1024 * 1024
"""A page, unpacked, may have so many: none of these vendors' has."""
MAX_SECONDS = 180.0
"""Time in which a page must have come, however steadily it drips."""
MAX_HOPS = 5
PACKED = ("", "identity", "gzip", "x-gzip", "deflate")


class Transient(Exception):
    """Something that may pass: no connection, 429, 5xx, a body cut off or of the wrong kind."""

    def __init__(self, reason: str, after: float = 0.0, remedy: str = "") -> None:
        super().__init__(reason)
        self.after, self.remedy = after, remedy


class NotThere(DataError):
    """The service has no such file (404)."""


@dataclass
class Fetcher:
    """Gets pages.

    Parameters
    ----------
    attempts : int
        Tries per page.
    base : float
        First wait in seconds; it doubles.
    pause : float
        Wait between pages, for vendors' rate limits.
    timeout : float
        Seconds without a byte.
    max_bytes, max_seconds
        What a page may have, unpacked, and take.
    sleep : callable
        Replaced in tests.
    """

    attempts: int = 6
    base: float = 1.0
    pause: float = 0.2
    timeout: float = 30.0
    max_bytes: int = MAX_BYTES
    max_seconds: float = MAX_SECONDS
    sleep: Callable[[float], None] = time.sleep
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._client = self._open()

    def _open(self) -> httpx.Client:
        headers = {"User-Agent": AGENT, "Accept-Encoding": "gzip, deflate"}
        return httpx.Client(timeout=self.timeout, follow_redirects=False, headers=headers)

    def close(self) -> None:
        """Close connections."""
        self._client.close()

    def get(self, url: str, params: dict[str, Any], check: Callable[[bytes], Any]) -> tuple[bytes, str]:
        """One page that passes `check`: its bytes and the full URL.

        Raises
        ------
        DataError
            If it does not come, or does not pass, after all attempts; at once for other 4xx answers.
        """

        def attempt() -> tuple[bytes, str]:
            body, final = self._request(url, params)
            try:
                check(body)
            except DataError as error:
                raise Transient(error.message, remedy=error.remedy) from error
            return body, final

        out = self.retry(attempt, url)
        self.sleep(self.pause)
        return out

    def retry(self, call: Callable[[], Any], what: str) -> Any:
        """Call until it raises no `Transient`, waiting longer each time."""
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self.attempts),
            wait=self._wait,
            sleep=self.sleep,
            retry=tenacity.retry_if_exception_type(Transient),
            before_sleep=self._note,
        )
        try:
            return retrying(call)
        except tenacity.RetryError as error:
            reason = error.last_attempt.exception()
            advice = f"Gave up after {self.attempts} attempts; run the same command again later."
            hint = getattr(reason, "remedy", "")
            raise DataError(f"{what}: {reason}", f"{hint} {advice}".strip()) from None

    def _wait(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        backoff = self.base * 2 ** (state.attempt_number - 1)
        return min(MAX_WAIT, max(backoff, getattr(error, "after", 0.0)))

    def _note(self, state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        self.log.append(str(error))

    def _request(self, url: str, params: dict[str, Any]) -> tuple[bytes, str]:
        """Body and final address of one answer, of bounded size and within bounded time."""
        late = threading.Event()
        watch = threading.Timer(self.max_seconds, self._give_up, [late])
        watch.daemon = True
        watch.start()
        try:
            return self._follow(httpx.URL(url).copy_merge_params(params or {}), late)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise DataError(f"{url}: {error}.", "Correct the address in the download list.") from None
        except httpx.DecodingError as error:
            raise Transient(f"the answer cannot be unpacked: {error}") from error
        except (httpx.TransportError, httpx.StreamError, OSError, RuntimeError) as error:
            if late.is_set():
                raise Transient(f"the answer took longer than {self.max_seconds:g} s") from error
            raise Transient(f"{type(error).__name__}: {error}") from error
        finally:
            watch.cancel()
            if late.is_set():
                self._client = self._open()

    def _give_up(self, late: threading.Event) -> None:
        late.set()
        self._client.close()

    def _follow(self, address: httpx.URL, late: threading.Event) -> tuple[bytes, str]:
        """The answer at an address, or where its own host sends it."""
        asked = address
        for _ in range(MAX_HOPS):
            with self._client.stream("GET", address) as response:
                if response.next_request is None:
                    _refuse_status(response, str(asked))
                    return self._body(response, late), str(address)
                onward = response.next_request.url
            if onward.host != asked.host or (asked.scheme == "https" and onward.scheme != "https"):
                raise DataError(
                    f"{asked}: the service sends on to another place, {onward.scheme}://{onward.host}.",
                    "If that is the vendor's new address, set it as url in the download list, or with --endpoint NAME=URL.",
                )
            address = onward
        raise DataError(f"{asked}: the service sends on more than {MAX_HOPS} times.", "Correct the address.")

    def _body(self, response: httpx.Response, late: threading.Event) -> bytes:
        """The unpacked body, given up once it is too large or too slow."""
        packing = response.headers.get("Content-Encoding", "").strip().lower()
        if packing not in PACKED:
            raise DataError(
                f"{response.url}: packed as {packing[:40]!r}.",
                "Save the page by hand and name it in sources.toml.",
            )
        begin, parts, size = time.monotonic(), [], 0
        for part in response.iter_bytes():
            size += len(part)
            if size > self.max_bytes:
                raise DataError(
                    f"{response.url}: the answer has more than {self.max_bytes:,} bytes.",
                    "This is not the vendor's page; check the address.",
                )
            if late.is_set() or time.monotonic() - begin > self.max_seconds:
                raise Transient(f"the answer took longer than {self.max_seconds:g} s")
            parts.append(part)
        return b"".join(parts)


def _refuse_status(response: httpx.Response, url: str) -> None:
    if response.status_code == 429 or response.status_code >= 500:
        raise Transient(f"the service answered {response.status_code}", _after(response))
    if response.status_code == 404:
        raise NotThere(f"{url}: the service answered 404.", "Check the address in the download list.")
    if response.status_code >= 400:
        raise DataError(
            f"{url}: the service answered {response.status_code}.",
            "It may refuse automated requests: save the page by hand and name it in sources.toml.",
        )


def _after(response: httpx.Response) -> float:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else 0.0
