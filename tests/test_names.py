"""Names and paths out of files stay where they belong."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.dealer_book import load_book
from model.errors import DataError
from model.events.card import load_event
from model.names import inside, relative_name, safe_name
from model.store import PROJECT


@pytest.mark.parametrize("name", ["2026-02-05", "us-spot-btc", "a.b_c-1"])
def test_names_that_can_be_folders(name: str) -> None:
    assert safe_name(name, "x") == name


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../a", "/a", "a/b", "a\\b", ".hidden", "a b", "a\n", "a\x00", "x" * 101, "a..b", "a."],
)
def test_names_that_cannot(name: str) -> None:
    with pytest.raises(DataError, match="cannot name a folder"):
        safe_name(name, "x")


@pytest.mark.parametrize("name", ["../a", "/etc/passwd", "a/../../b", "C:\\a", "..\\a", "\\\\host\\a"])
def test_paths_that_climb(name: str) -> None:
    with pytest.raises(DataError, match="leads out of the folder"):
        relative_name(name, "x")
    assert relative_name("sub/a.toml", "x") == "sub/a.toml"


def test_links_are_followed_before_a_path_is_believed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "out.csv").write_text("")
    (home / "link.csv").symlink_to(tmp_path / "out.csv")
    assert inside(home / "sub" / ".." / "x.csv", home, what="x") == home.resolve() / "x.csv"
    for path in (home / "link.csv", home / ".." / "out.csv"):
        with pytest.raises(DataError, match="leads out of"):
            inside(path, home, what="x")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('id = "2026-02-05"', 'id = "../escaped"'),
        ('id = "2026-02-05"', 'id = "/tmp/escaped"'),
        ('panel = "panel.csv"', 'panel = "../secret.csv"'),
        ('dealer_book = "data/books/2026-02-05.toml"', 'dealer_book = "../secret.csv"'),
        ('priors = "baseline-2024-2025"', 'priors = "../../secret.toml"'),
    ],
)
def test_a_card_cannot_point_out_of_its_folder(tmp_path: Path, old: str, new: str) -> None:
    folder = PROJECT / "data" / "events" / "2026-02-05"
    text = (folder / "event.toml").read_text()
    assert old in text
    home = tmp_path / "card"
    home.mkdir()
    (tmp_path / "secret.csv").write_text("date\n")
    (home / "panel.csv").write_bytes((folder / "panel.csv").read_bytes())
    (home / "event.toml").write_text(text)
    assert load_event(home).id == "2026-02-05"
    (home / "event.toml").write_text(text.replace(old, new))
    with pytest.raises(DataError, match="line ") as caught:
        load_event(home)
    assert caught.value.remedy


@pytest.mark.parametrize("line", ['include = ["../markets.toml"]', 'include = ["/etc/hostname"]'])
def test_a_book_includes_from_its_folder_only(tmp_path: Path, line: str) -> None:
    books = PROJECT / "data" / "books"
    (tmp_path / "markets.toml").write_bytes((books / "markets.toml").read_bytes())
    home = tmp_path / "book"
    home.mkdir()
    text = (books / "2026-02-05.toml").read_text()
    (home / "b.toml").write_text(text.replace('include = ["markets.toml"]', line))
    with pytest.raises(DataError, match="leads out of"):
        load_book(home / "b.toml")


def test_a_book_names_chains_in_its_folder_only(tmp_path: Path) -> None:
    books = PROJECT / "data" / "books"
    home = tmp_path / "book"
    home.mkdir()
    (home / "markets.toml").write_bytes((books / "markets.toml").read_bytes())
    (tmp_path / "chain.csv").write_text("contractSymbol\n")
    entry = '\n[[chain]]\nname = "c"\nfile = "../chain.csv"\nstatus = "fact"\nsource = "x"\n'
    (home / "b.toml").write_text((books / "2026-02-05.toml").read_text() + entry)
    with pytest.raises(DataError, match="leads out of"):
        load_book(home / "b.toml")
