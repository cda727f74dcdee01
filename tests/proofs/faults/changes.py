"""Changes of a text at random: what editors, downloads and attackers do to a file."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

VALUES = (
    '""', '"x"', "1", "-1", "0", "nan", "inf", "-inf", "true", "[]", "{}", "1979-05-27", '"../../etc/passwd"', "1e400",
    "[1, 2]", "[[1]]", "{ a = 1 }", '"\\u001b[2J"', '"$5 m and $6 m"', '"[/x]"', f'"{"y" * 5000}"', "[2026-02-05]",
    "1e-320", "-0.0", "9223372036854775808", '"2026-02-05"', "2026-02-05T00:00:00",
)  # fmt: skip
CELLS = (
    "", "x", "-1", "0", "nan", "inf", "1e9", "1e400", "1,5", "'", "2026-02-05", "12.5.1", "-", "1e-400", "٣", " 7", "+1",
    "0x10", "1_000", "1.5 ", "(3.0)", "5%", "NA", "null", "−1", "1e3",
)  # fmt: skip
LINE = re.compile(r"\s*[\w\"-]+\s*=")
KINDS = (
    *("value",) * 6,
    *("digit",) * 4,
    "letter",
    "key",
    "drop",
    "twice",
    "cut",
    "byte",
    "bom",
    "deep",
    "swap",
    "crlf",
)
ROWS = (
    *("cell",) * 6, *("digit",) * 3, "drop", "twice", "swap", "column", "scale", "bom", "crlf", "semicolon", "cut", "wide",
    "exchange", "frozen",
)  # fmt: skip
STILL = 12
"""Days that a frozen column repeats its value."""


def changed(text: str, rng: random.Random) -> bytes:
    """One random change of a TOML text."""
    kind = rng.choice(KINDS)
    if kind == "cut":
        return text.encode()[: rng.randrange(len(text))]
    if kind == "byte":
        blob = bytearray(text.encode())
        blob[rng.randrange(len(blob))] = rng.randrange(256)
        return bytes(blob)
    if kind == "bom":
        return b"\xef\xbb\xbf" + text.encode()
    if kind == "crlf":
        return text.replace("\n", "\r\n").encode()
    return "".join(_lines(text.splitlines(keepends=True), kind, rng)).encode()


def _lines(lines: list[str], kind: str, rng: random.Random) -> list[str]:
    k = rng.randrange(len(lines))
    if kind in ("value", "digit", "letter"):
        k = rng.choice([i for i, line in enumerate(lines) if LINE.match(line)])
        lines[k] = {"value": _value, "digit": _digit, "letter": _letter}[kind](lines[k], rng)
    elif kind == "key":
        lines[k] = re.sub(r"^(\s*)(\w+)", lambda m: f"{m[1]}{m[2]}{rng.choice(('s', '_', '2'))}", lines[k])
    elif kind == "drop":
        del lines[k]
    elif kind == "twice":
        lines.insert(k, lines[k])
    elif kind == "deep":
        lines.insert(k, f"deep = {'[' * 3000}{']' * 3000}\n")
    else:
        j = rng.randrange(len(lines))
        lines[k], lines[j] = lines[j], lines[k]
    return lines


def _value(line: str, rng: random.Random) -> str:
    """Another value, whole or within the value."""
    key, _, rest = line.partition("=")
    inner = list(re.finditer(r"-?\d[\d.eE+-]*|\"[^\"]*\"", rest))
    if inner and rng.random() < 0.5:
        m = rng.choice(inner)
        return f"{key}={rest[: m.start()]}{rng.choice(VALUES)}{rest[m.end() :]}"
    return f"{key}= {rng.choice(VALUES)}\n"


def _digit(line: str, rng: random.Random) -> str:
    """One digit changed: a slip that no check of types can see, so it has to be read as it stands."""
    at = [m.start() for m in re.finditer(r"\d", line.partition("#")[0])]
    if not at:
        return line
    k = rng.choice(at)
    return f"{line[:k]}{rng.choice([d for d in '0123456789' if d != line[k]])}{line[k + 1 :]}"


def _letter(line: str, rng: random.Random) -> str:
    """One letter of a quoted text changed."""
    at = [m.start() + i for m in re.finditer(r'"[^"\\]+"', line) for i in range(1, len(m[0]) - 1)]
    if not at:
        return line
    k = rng.choice(at)
    return f"{line[:k]}{rng.choice('abcXYZ é$[]*_')}{line[k + 1 :]}"


def changed_rows(text: str, rng: random.Random) -> tuple[bytes, str]:
    """One random change of a panel as CSV, and its kind."""
    kind = rng.choice(ROWS)
    if kind == "cut":
        return text.encode()[: rng.randrange(len(text))], kind
    if kind == "bom":
        return b"\xef\xbb\xbf" + text.encode(), kind
    if kind == "crlf":
        return text.replace("\n", "\r\n").encode(), kind
    if kind == "semicolon":
        return text.replace(",", ";").encode(), kind
    rows = [line.split(",") for line in text.splitlines()]
    _rows(rows, kind, rng)
    return ("\n".join(",".join(r) for r in rows) + "\n").encode(), kind


def _rows(rows: list[list[str]], kind: str, rng: random.Random) -> None:
    i = rng.randrange(1, len(rows))
    j = rng.randrange(1, len(rows[0]))
    if kind == "cell":
        rows[i][rng.randrange(len(rows[0]))] = rng.choice(CELLS)
    elif kind == "digit":
        rows[i][j] = _digit(rows[i][j], rng)
    elif kind == "drop":
        del rows[i]
    elif kind == "twice":
        rows.insert(i, list(rows[i]))
    elif kind == "swap":
        k = rng.randrange(1, len(rows))
        rows[i], rows[k] = rows[k], rows[i]
    elif kind == "column":
        rows[0][j] += "_x"
    elif kind == "scale":
        rows[i][j] += "000"
    elif kind == "wide":
        rows[i].append("1")
    elif kind == "exchange":
        k = rng.randrange(1, len(rows[0]))
        rows[i][j], rows[i][k] = rows[i][k], rows[i][j]
    else:
        for row in rows[i + 1 : i + STILL]:
            row[j] = rows[i][j]


def pieces(blob: bytes, rng: random.Random) -> Iterator[bytes]:
    """A blob with a piece cut out, doubled, or replaced by noise."""
    a = rng.randrange(len(blob))
    b = min(len(blob), a + rng.choice((1, 10, 1000, len(blob))))
    yield blob[:a]
    yield rng.choice((b"", blob[a:b] * 2, rng.randbytes(min(b - a, 4096)), b"[" * 5000, b"null", b"NaN"))
    yield blob[b:]
