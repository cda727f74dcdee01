"""HTTP with patience: retries with back-off on what passes, a named error on what does not."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import tenacity

from model.errors import DataError

AGENT = "etf-flow-attribution/0.1 (research; reads public pages once a day)"
MAX_WAIT = 60.0  # seconds; also the most a server's Retry-After is honoured


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
    sleep : callable
        Replaced in tests.
    """

    attempts: int = 6
    base: float = 1.0
    pause: float = 0.2
    timeout: float = 30.0
    sleep: Callable[[float], None] = time.sleep
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._client = httpx.Client(
            timeout=self.timeout, follow_redirects=True, headers={"User-Agent": AGENT}
        )

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
            response = self._request(url, params)
            try:
                check(response.content)
            except DataError as error:
                raise Transient(error.message, remedy=error.remedy) from error
            return response.content, str(response.url)

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

    def _request(self, url: str, params: dict[str, Any]) -> httpx.Response:
        try:
            response = self._client.get(url, params=params or None)
        except httpx.TransportError as error:
            raise Transient(f"{type(error).__name__}: {error}") from error
        except (httpx.InvalidURL, httpx.HTTPError) as error:
            raise DataError(f"{url}: {error}.", "Correct the address in the download list.") from None
        if response.status_code == 429 or response.status_code >= 500:
            raise Transient(f"the service answered {response.status_code}", _after(response))
        if response.status_code == 404:
            raise NotThere(f"{url}: the service answered 404.", "Check the address in the download list.")
        if response.status_code >= 400:
            raise DataError(
                f"{url}: the service answered {response.status_code}.",
                "It may refuse automated requests: save the page by hand and name it in sources.toml.",
            )
        return response


def _after(response: httpx.Response) -> float:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else 0.0
