"""Imported first by every script: ``model`` is the one of the checkout that the script stands in, whatever is installed."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
