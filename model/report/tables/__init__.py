"""Tables of a decomposition: tidy frames for files, one table for the terminal."""

from model.report.tables.lines import INTERVAL, READINGS, UNITS, VIEWS, Line, block, lines_of, title_of
from model.report.tables.sessions import session_sentences, session_table
from model.report.tables.tables import (
    additivity,
    daily_table,
    event_table,
    expected_table,
    identification_table,
    largest_table,
    tidy_tables,
)
from model.report.tables.terminal import terminal_table

__all__ = [
    "INTERVAL",
    "READINGS",
    "UNITS",
    "VIEWS",
    "Line",
    "additivity",
    "block",
    "daily_table",
    "event_table",
    "expected_table",
    "identification_table",
    "largest_table",
    "lines_of",
    "session_sentences",
    "session_table",
    "terminal_table",
    "tidy_tables",
    "title_of",
]
