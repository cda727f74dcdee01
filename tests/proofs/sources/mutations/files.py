"""Files cut, in another encoding, or another document altogether."""

from __future__ import annotations

from tests.proofs.sources.mutations.case import Case, Mutation, Rng, register
from tests.proofs.sources.samples import Sample, samples

FILES: dict[str, Mutation] = {}


@register(FILES)
def broken_encoding(rng: Rng, s: Sample) -> Case | None:
    """Bytes that are not UTF-8, another encoding, or NUL."""
    if s.binary:
        return None
    blob = s.blob()
    kind = int(rng.integers(4))
    at = int(rng.integers(len(blob)))
    bad = bytes([int(rng.choice([0x80, 0xBF, 0xC0, 0xF5, 0xFE, 0xFF]))])
    out = (
        blob[:at] + bad + blob[at:],
        blob.decode().encode("utf-16"),
        blob[:at] + b"\x00" + blob[at:],
        blob.decode().encode("utf-32"),
    )[kind]
    return Case(out, "refused")


@register(FILES)
def harmless_encoding(rng: Rng, s: Sample) -> Case | None:
    """A byte-order mark, or Windows line ends."""
    if s.binary:
        return None
    blob = s.blob()
    return Case(b"\xef\xbb\xbf" + blob if rng.random() < 0.5 else blob.replace(b"\n", b"\r\n"), "equal")


@register(FILES)
def truncated(rng: Rng, s: Sample) -> Case:
    """Cut at any byte. A CSV cut exactly at a line's end is a shorter, correct file."""
    blob = s.blob()
    return Case(blob[: int(rng.integers(len(blob)))], "safe", None)


@register(FILES)
def truncated_front(rng: Rng, s: Sample) -> Case:
    """The beginning missing."""
    blob = s.blob()
    return Case(blob[int(rng.integers(1, len(blob))) :], "safe", None)


OTHER = (
    b"",
    b"\n",
    b"null",
    b"[]",
    b"{}",
    b"[[]]",
    b"[null]",
    b"0",
    b"true",
    b'"text"',
    b'{"result": []}',
    b"[1, 2]",
    b"<html><body>Just a moment...</body></html>",
    b'{"error": {"code": 10028, "message": "too_many_requests"}}',
    b'{"code": 0, "msg": "restricted location"}',
    b'{"message": "NotFound"}',
    b"PAR1PAR1",
    b"[" * 100_000,
    b"date,px\n",
    b"date\n2026-02-05\n",
    b"<table></table></html>",
    b"<html><table><tr></tr></table></html>",
)


@register(FILES)
def another_answer(rng: Rng, s: Sample) -> Case:  # noqa: ARG001
    """An error page, an empty answer, or another kind of document."""
    return Case(OTHER[int(rng.integers(len(OTHER)))], "refused")


@register(FILES)
def another_vendor(rng: Rng, s: Sample) -> Case:
    """A correct file of another vendor."""
    others = [o for o in samples() if o.name != s.name]
    return Case(others[int(rng.integers(len(others)))].blob(), "refused")
