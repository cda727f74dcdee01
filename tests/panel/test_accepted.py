"""A true row that a check refuses can be accepted beside the panel: by check, day and column, with a reason."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from model.errors import DataError
from model.panel import Panel, load_panel
from model.panel.universe import Universe


@pytest.fixture
def table(event_panel_path) -> pd.DataFrame:
    return pd.read_csv(event_panel_path, dtype=str, keep_default_na=False).set_index("date", drop=False)


def load(table: pd.DataFrame, folder: Path, universe: Universe, accept: str = "", last: str = "") -> Panel:
    table.to_csv(folder / "p.csv", index=False)
    if last:
        (folder / "p.csv").write_text((folder / "p.csv").read_text() + last)
    (folder / "p.accept.toml").unlink(missing_ok=True)
    if accept:
        (folder / "p.accept.toml").write_text(accept)
    return load_panel(folder / "p.csv", universe)


def entry(check: str, day: str, columns: str = "") -> str:
    return f'[[accept]]\ncheck = "{check}"\ndays = [{day}]\nreason = "seen"\n' + (
        f"columns = {columns}\n" if columns else ""
    )


CASES = {
    "jump": ("2026-02-05", {"gld": "900"}),
    "gap": ("2026-02-05", {"ibit": "38.9"}),
    "premium": ("2026-02-05", {"fut": "80000"}),
    "expiry": ("2026-02-05", {"dte": "20"}),
    "position_date": ("2026-02-06", {"levsh": "14000", "levlg": "4000", "levsp": "900", "oi": "25000"}),
    "position_size": ("2026-02-03", {"oi": "9000"}),
    "range": ("2026-02-05", {"vix": "160"}),
    "total": ("2026-02-05", {"total": "-334.1"}),
}


@pytest.mark.parametrize("check", CASES)
def test_every_check_of_a_row_has_a_way_on(check, table, tmp_path, universe) -> None:
    day, cells = CASES[check]
    for column, value in cells.items():
        table.loc[day, column] = value
    with pytest.raises(DataError) as caught:
        load(table, tmp_path, universe)
    assert f'check = "{check}"' in caught.value.remedy
    assert "p.accept.toml" in caught.value.remedy
    days = ", ".join([day, "2026-02-06"]) if check == "jump" else day  # back again is a jump too
    panel = load(table, tmp_path, universe, entry(check, days))
    assert any("accepted" in n and "seen" in n for n in panel.notes)
    with pytest.raises(DataError):
        load(table, tmp_path, universe, entry(check, "2025-12-30"))


def test_an_entry_of_one_column_lets_no_other_pass(table, tmp_path, universe) -> None:
    table.loc["2026-02-05", "vix"] = "160"
    assert load(table, tmp_path, universe, entry("range", "2026-02-05", '["vix"]'))
    with pytest.raises(DataError, match="'vix'"):
        load(table, tmp_path, universe, entry("range", "2026-02-05", '["dvol16"]'))


@pytest.mark.parametrize(
    "text", ["[[accept]]\nday = 1\n", entry("nonsense", "2026-02-05"), "accept = 3\n", "\x00"]
)
def test_a_wrong_file_of_entries_is_refused(text, table, tmp_path, universe) -> None:
    with pytest.raises(DataError, match=r"p\.accept\.toml"):
        load(table, tmp_path, universe, text)


# ---- rows of which only the date is filled


@pytest.mark.parametrize("last", ["2026-03-02\n", "2026-03-02" + "," * 23 + "\n", "2026-03-02\n2026-03-03\n"])
def test_newest_rows_of_which_only_the_date_is_filled_are_left_out(
    last, table, tmp_path, universe, event_panel
) -> None:
    panel = load(table, tmp_path, universe, last=last)
    assert panel.sha256 == event_panel.sha256
    assert any("only their date is filled: 2026-03-02" in n for n in panel.notes)


def test_such_a_row_within_the_panel_is_refused(table, tmp_path, universe) -> None:
    table.iloc[30, 1:] = ""
    with pytest.raises(DataError, match="is missing"):
        load(table, tmp_path, universe)


def test_a_newest_row_without_its_closes_can_be_called_unfinished(table, tmp_path, universe) -> None:
    table.loc["2026-02-27", ["vix", "gld"]] = ""
    with pytest.raises(DataError, match="is missing") as caught:
        load(table, tmp_path, universe)
    assert 'check = "unfinished"' in caught.value.remedy
    panel = load(table, tmp_path, universe, entry("unfinished", "2026-02-27"))
    assert str(panel.dates[-1].date()) == "2026-02-26"
    with pytest.raises(DataError, match="is missing"):  # not a row within
        load(table, tmp_path, universe, entry("unfinished", "2026-02-20"))


# ---- decimals


@pytest.mark.parametrize("cells", [{"IBIT": "-175.33"}, {"IBIT": "-175.3333", "FBTC": "-109.5251"}])
def test_more_decimals_are_another_habit(cells, table, tmp_path, universe) -> None:
    for column, value in cells.items():
        table.loc["2026-02-05", column] = value
    assert len(load(table, tmp_path, universe))


def test_more_decimals_and_a_thousandth_of_the_size_are_another_unit(table, tmp_path, universe) -> None:
    columns = ["IBIT", "FBTC", "ARKB", "BITB", "GBTC", "BTC", "other", "total"]
    for c in columns:
        table.loc["2026-02-05", c] = f"{float(table.loc['2026-02-05', c]) / 1000:.4f}"
    with pytest.raises(DataError, match="another unit") as caught:
        load(table, tmp_path, universe)
    assert 'check = "decimals"' in caught.value.remedy
    assert load(table, tmp_path, universe, entry("decimals", "2026-02-05"))


# ---- reports out of turn


@pytest.mark.parametrize("day", ["2026-02-02", "2026-02-04"])
def test_a_report_moved_by_a_day_is_its_weeks(day, table, tmp_path, universe) -> None:
    columns = ["levsh", "levlg", "levsp", "oi"]
    table.loc[day, columns] = table.loc["2026-02-03", columns].to_numpy()
    table.loc["2026-02-03", columns] = ""
    panel = load(table, tmp_path, universe)
    assert panel.frame.loc[day, "short"] == float(table.loc[day, "levsh"])
    assert any("taken as that week's position date" in n for n in panel.notes)
    table.loc["2026-02-03", columns] = table.loc[day, columns].to_numpy()
    with pytest.raises(DataError, match="positions on a"):
        load(table, tmp_path, universe)
