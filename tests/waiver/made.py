"""Waivers for tests, by way of the file."""

from __future__ import annotations

from pathlib import Path

from tomcat_fleet.waiver import Waivers, read_waivers


def table(**keys: str) -> str:
    """One waiver as TOML; the values are TOML, too. A key that is set to nothing is left out."""
    usual = {
        "who": '"the owner"',
        "why": '"it is known"',
        "until": "2027-03-31",
        "items": '["WT-09"]',
        "targets": '["*"]',
    }
    lines = [f"{key} = {value}\n" for key, value in {**usual, **keys}.items() if value]
    return "".join(["[[waiver]]\n", *lines])


def waivers(directory: Path, *tables: str) -> Waivers:
    """Read a file of these tables."""
    path = directory / "waivers.toml"
    path.write_text("".join(tables), "utf-8")
    return read_waivers(path)
