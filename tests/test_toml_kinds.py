"""Every kind of TOML file that the project reads: a fault names file, line, key and the nearest right key."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomlkit

from model.dealer_book import load_book
from model.errors import AttributionError, DataError
from model.events.card import load_event
from model.gate import rivals
from model.gate.thresholds import DEFAULT, load_thresholds
from model.panel.universe import load_universe
from model.priors.correlated import Entry, learn, to_table
from model.priors.merge import read_decisions
from model.priors.prior_set import load_priors
from model.sources.download import load_jobs
from model.sources.load import load_sources
from model.sources.record import RECORD, Record
from model.store import PROJECT
from model.toml_table import DEEPEST, LARGEST, nearest, read_toml

DATA = PROJECT / "data"
BOOK = DATA / "books" / "2026-02-05.toml"
EVENT = DATA / "events" / "2026-02-05"
PRIORS = """\
[meta]
name = "six"
kind = "learned"
learned_from = [2024-01-11, 2025-11-28]
note = "one of each family"

[parameter.normal]
dist = "Normal"
mu = 0.0
sigma = 1.0
unit = "log-%"
source = "J"
interval90 = [-1.645, 1.645]

[parameter.normal.item.igv]
mu = 1.0
sigma = 1.0
source = "J"
interval90 = [-0.645, 2.645]

[parameter.beta]
dist = "Beta"
alpha = 1.0
beta = 1.0
unit = "share"
source = "J"
interval90 = [0.05, 0.95]

[parameter.cut]
dist = "TruncatedNormal"
mu = 0.0
sigma = 100.0
lower = -1.0
upper = 1.0
unit = "share"
source = "J"
interval90 = [-0.9, 0.9]

[parameter.shares]
dist = "Dirichlet"
concentration = 40.0
unit = "share"
source = "J"

[parameter.kernel]
dist = "Dirichlet"
a = [8.0, 2.0, 1.0]
unit = "share"
source = "J"
"""
SOURCES = """\
[panel]
start = 2024-01-11
calendar = "XNYS"

[[source]]
name = "coinbase"
reader = "coinbase_candles"
path = "candles.json"
clock = "new_york_16"
stamp = "start"
interval_minutes = 60
funds_complete = false

[[source.series]]
role = "price"
unit = "USD"
column = "price"
plausible = [5000, 1000000]
field = "close"

[[mask]]
columns = ["future"]
when = "future_days"
below = 5
reason = "near expiry"

[[derive]]
column = "future_days"
rule = "days_to_last_friday"
"""
RECORDED = """\
[[source]]
name = "farside"
series = []

[[source.file]]
path = "farside/farside.html"
url = "https://example.org"
asked = "x"
fetched_at = 2026-02-05T10:00:00Z
sha256 = "00"
final = true
"""


@dataclass(frozen=True)
class Kind:
    """A kind of file: an example, how it is read, and tables whose keys are names of the user's."""

    text: str
    read: Callable[[Path], Any]
    free: str = "(?!)"
    checked: bool = True
    """Whether unknown keys are refused (a record of downloads may say more than a later run needs)."""


def _joint() -> str:
    draws = np.random.default_rng(0).standard_normal((99, 2))
    entries = (Entry("a", "identity"), Entry("b", "identity"))
    joint = learn(dict(zip("ab", draws.T, strict=True)), entries, 1.0, {"fund": ("x", "y")})
    return PRIORS + tomlkit.dumps({"joint": to_table(joint)})


def _graph(path: Path) -> Any:
    return rivals.load_rival(path, rivals.load_graph("reference"), load_thresholds())


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


KINDS = {
    "universe": Kind(
        _text(DATA / "universes" / "us-spot-btc.toml"), load_universe, r"scales|positions\.delayed"
    ),
    "event": Kind(_text(EVENT / "event.toml"), load_event),
    "priors": Kind(PRIORS, load_priors, r"parameter$|parameter\.\w+\.item$"),
    "correlated priors": Kind(_joint(), load_priors, r"parameter$|parameter\.\w+\.item$|joint\.members"),
    "thresholds": Kind(_text(DEFAULT), load_thresholds),
    "graph": Kind(_text(DATA / "graphs" / "reference.toml"), rivals.load_graph),
    "edit of the graph": Kind(_text(DATA / "graphs" / "edge_dropped.toml"), _graph),
    "book": Kind(_text(BOOK), load_book, r"closes\.etf"),
    "sources": Kind(SOURCES, load_sources),
    "downloads": Kind(
        _text(PROJECT / "scripts" / "download.toml"), load_jobs, r".*params|.*options|.*fields"
    ),
    "record": Kind(RECORDED, lambda p: Record.load(p.parent, {}, date(2024, 1, 11)).sources, checked=False),
    "decisions": Kind('[take]\nimpact = "first"\n', read_decisions, "take"),
}
MOST = 20
"""Faults tried in a file, spread over it."""


@pytest.fixture
def place(tmp_path) -> Path:
    """A folder with what examples refer to."""
    shutil.copy(EVENT / "panel.csv", tmp_path)
    shutil.copy(DATA / "books" / "markets.toml", tmp_path)
    return tmp_path


def _write(place: Path, name: str, text: str) -> Path:
    path = place / (RECORD if name == "record" else "file.toml")
    path.write_text(text, encoding="utf-8")
    return path


def _keys(kind: Kind) -> list[tuple[int, str]]:
    """Line (from 0) and name of the keys that stand at the start of a line in tables whose keys are the reader's."""
    found, table = [], ""
    for i, line in enumerate(kind.text.splitlines()):
        if head := re.match(r"\[+([\w.\"-]+)\]+", line):
            table = head[1]
        elif (key := re.match(r"(\w{2,}) = ", line)) and not re.fullmatch(kind.free, table):
            found.append((i, key[1]))
    step = max(1, len(found) // MOST)
    return found[::step]


def _with_line(text: str, number: int, change: Callable[[str], str]) -> str:
    lines = text.splitlines()
    lines[number] = change(lines[number])
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("name", KINDS)
def test_the_example_is_read(name, place):
    assert KINDS[name].read(_write(place, name, KINDS[name].text)) is not None


@pytest.mark.parametrize("name", [n for n, k in KINDS.items() if k.checked])
def test_a_wrong_key_names_file_line_key_and_the_right_key(name, place):
    kind = KINDS[name]
    tried = _keys(kind)
    if name == "decisions":
        tried = []  # all its keys are parameters; the table's own name is tried below
        text = kind.text.replace("[take]", "[tke]")
        with pytest.raises(AttributionError, match="line 1: tke: unknown key. .*Did you mean take"):
            kind.read(_write(place, name, text))
    for i, key in tried:
        path = _write(place, name, _with_line(kind.text, i, lambda s, k=key: s.replace(k, k + k[-1], 1)))
        print(key, i)
        with pytest.raises(AttributionError) as caught:
            kind.read(path)
        told = str(caught.value)
        assert f"{path}, line {i + 1}: " in told, (key, told)
        assert f"{key}{key[-1]}: unknown key" in told, (key, told)
        assert f"Did you mean {key}?" in caught.value.remedy, (key, told)


@pytest.mark.parametrize("name", KINDS)
def test_a_wrong_type_names_file_line_and_key(name, place):
    kind = KINDS[name]
    tried = 0
    for i, key in _keys(kind):
        line = kind.text.splitlines()[i]
        if line.rstrip().endswith("[") or key in ("url", "asked", "final") and name != "record":
            continue  # a value on several lines; notes that nothing reads
        if name == "record" and key == "url":
            continue
        path = _write(
            place, name, _with_line(kind.text, i, lambda s: re.sub(r"= .*", "= [[1979-05-27T07:32:00]]", s))
        )
        with pytest.raises(AttributionError) as caught:
            kind.read(path)
        told = str(caught.value)
        assert f"{path}, line {i + 1}: " in told, (key, told)
        assert re.search(rf"\b{key}: ", told), (key, told)
        tried += 1
    assert tried or name == "decisions"


@pytest.mark.parametrize("name", KINDS)
def test_a_byte_order_mark_and_other_line_ends_change_nothing(name, place):
    kind = KINDS[name]
    path = _write(place, name, kind.text)
    plain = kind.read(path)
    path.write_bytes(b"\xef\xbb\xbf" + kind.text.replace("\n", "\r\n").encode())
    again = kind.read(path)
    if hasattr(plain, "sha256"):
        assert plain.sha256 == again.sha256
    else:
        assert repr(plain) == repr(again)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(
    ("blob", "words"),
    [
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"x = " + b"[" * 5000 + b"]" * 5000, "levels deep"),
        (b"x = 1\n" + b".".join([b"a"] * 40) + b" = 1", "levels deep"),
        (b"x = " + b"9" * 5000, "not valid TOML"),
        (b"# " + b"x" * LARGEST, "larger than 5 MB"),
        (b"x = ", "not valid TOML"),
    ],
)
def test_a_file_that_is_none_is_refused_by_a_named_error(name, blob, words, place):
    path = _write(place, name, "")
    path.write_bytes(blob)
    with pytest.raises(AttributionError, match=words) as caught:
        KINDS[name].read(path)
    assert caught.value.remedy


VALUES = ["", "x", 7, 1e300, -1.0, True, [], [1], ["x", 2], {}, {"mu": 1}, date(1, 1, 2), 10**400]
"""What a hand that slips may leave in place of any value."""


def _read_or_refused(read: Callable[[Path], Any], path: Path) -> Any:
    """What was read, or None after a named error; any other exception fails the test."""
    try:
        return read(path)
    except AttributionError:
        return None


def _mutated(raw: Any) -> list[Any]:
    """The file with each value in turn removed or replaced by each of :data:`VALUES`."""
    text = tomlkit.dumps(raw)
    out = []

    def visit(path: tuple[Any, ...], value: Any) -> None:
        inner = (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        for key, v in list(inner):
            for new in [None, *VALUES]:
                copy = tomllib.loads(text)
                at = copy
                for p in path:
                    at = at[p]
                if new is None:
                    del at[key]
                else:
                    at[key] = new
                out.append(copy)
            visit((*path, key), v)

    visit((), raw)
    return out


@pytest.mark.parametrize("name", ["priors", "correlated priors"])
def test_no_mutation_of_a_prior_file_ends_in_anything_but_a_named_error(name, place):
    refused = accepted = 0
    for raw in _mutated(tomllib.loads(KINDS[name].text))[:: 1 if name == "priors" else 5]:
        path = _write(place, name, tomlkit.dumps(raw))
        priors = _read_or_refused(load_priors, path)
        accepted += priors is not None
        refused += priors is None
        for prior in priors.parameters.values() if priors else ():
            assert prior.dist == "Dirichlet" or np.isfinite(prior.ppf([0.05, 0.95])).all()
    assert refused > accepted > 0


def test_every_value_of_other_files_may_be_of_another_type(place):
    """A named error or a reading, for each value of the smaller kinds."""
    for name in ("thresholds", "graph", "edit of the graph", "sources", "record", "decisions"):
        kind, refused = KINDS[name], 0
        for raw in _mutated(tomllib.loads(kind.text))[::7]:
            refused += _read_or_refused(kind.read, _write(place, name, tomlkit.dumps(raw))) is None
        assert refused, name


def test_lines_are_found_past_strings_arrays_and_headers_alike(tmp_path):
    path = tmp_path / "x.toml"
    path.write_text(
        'a = """\nb = 1\n"""\nlist = [\n  1,  # c = [\n  2,\n]\n[[t]]\n[t.deep]\nb = 1\n[[t]]\n[t.deep]\n"q r" = 1\n'
    )
    source = read_toml(path).source
    assert source.place(("t", 0, "deep", "b")).endswith("line 10")
    assert source.place(("t", 1, "deep", "q r")).endswith("line 13")
    assert source.place(("t", 1, "deep", "absent")).endswith("line 12")
    assert source.place(("list", 1)).endswith("line 4")
    assert source.place(("absent",)) == str(path)


def test_a_book_names_the_file_that_an_included_table_stands_in(place):
    path = _write(place, "book", KINDS["book"].text)
    markets = place / "markets.toml"
    markets.write_text(_text(markets).replace("carry_pct", "cary_pct"))
    with pytest.raises(
        DataError, match=r"markets\.toml, line 11: \[etf\] cary_pct: unknown key. .* carry_pct"
    ):
        load_book(path)


def test_tables_within_the_limit_are_read(tmp_path):
    path = tmp_path / "x.toml"
    path.write_text(".".join(["a"] * DEEPEST) + " = 1\n")
    assert read_toml(path).data
    path.write_text(".".join(["a"] * (DEEPEST + 1)) + " = 1\n")
    with pytest.raises(DataError, match="levels deep"):
        read_toml(path)


def test_the_nearest_is_none_where_nothing_is_near():
    assert nearest("volatility", ["title", "days"]) == ""
