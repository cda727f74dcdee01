"""A page as a PDF, printed by a Chromium that is already on this machine."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from model.errors import UsageError
from model.store import write_atomic, written

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--window-size=720,1000",
    "--no-pdf-header-footer",
    "--run-all-compositor-stages-before-draw",
    "--virtual-time-budget=20000",
)
PATIENCE = 180
"""Seconds after which a browser is given up."""


def write_pdf(page: Path) -> Path:
    """Print ``report.html`` to ``report.pdf`` beside it.

    Raises
    ------
    UsageError
        If no browser is there, or it prints nothing.
    """
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        raise UsageError(
            "A PDF is printed by Chromium, and none is installed.",
            "Install it (Debian: apt-get install chromium), or print report.html from any browser.",
        )
    out = page.with_suffix(".pdf")
    with tempfile.TemporaryDirectory() as profile:
        made = Path(profile) / out.name
        command = [
            found,
            *FLAGS,
            f"--user-data-dir={profile}",
            f"--print-to-pdf={made}",
            page.resolve().as_uri(),
        ]
        try:
            done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False, text=True)
        except subprocess.TimeoutExpired:
            raise UsageError(
                f"{found} did not finish within {PATIENCE} s.", "Print report.html from a browser."
            ) from None
        if done.returncode != 0 or not made.is_file():
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise UsageError(f"{found} printed nothing: {last}", "Print report.html from a browser.")
        with written(out):
            write_atomic(out, made.read_bytes())
    return out
