"""Reading TOML, the one way of this project: what is missing, unknown or of another type is refused with its line."""

from model.toml_table.source import DEEPEST, LARGEST, Keys, Source
from model.toml_table.table import Columns, Range, Table, nearest, read_toml

__all__ = ["DEEPEST", "LARGEST", "Columns", "Keys", "Range", "Source", "Table", "nearest", "read_toml"]
