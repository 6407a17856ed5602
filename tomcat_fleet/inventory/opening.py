"""What stands behind ``-i``: a file, the standard input, or what a program prints."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from tomcat_fleet.inventory import program
from tomcat_fleet.inventory.format import Format, format_of, is_korean_table
from tomcat_fleet.inventory.ledger import Ledger, Spot
from tomcat_fleet.inventory.listing import Ask
from tomcat_fleet.inventory.program import Bounds, ProgramError, TooLateError
from tomcat_fleet.inventory.shelf import STDIN, Shelf, name_of
from tomcat_fleet.model.spelling import quoted

_PLUGIN = re.compile(r"^[\"']?plugin[\"']?[ \t]*:[ \t]+[\"']?(?P<name>[\w.]+)", re.MULTILINE)
_ANSIBLE_INVENTORY = "ansible-inventory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An inventory's text and what it is written in. ``ask`` gets a host's variables from a script."""

    path: Path
    file: str  # as messages call it
    text: str
    format: Format
    ask: Ask | None = None


def open_source(path: Path, shelf: Shelf, bounds: Bounds) -> Source | None:
    """Read a file or run a program; None, with a fault noted, when nothing comes of it."""
    if path != STDIN and program.is_program(path):
        return _script(path, shelf, bounds)
    raw = shelf.bytes_of(path)
    text = None if raw is None else shelf.text(raw, name_of(path), korean=is_korean_table(path))
    found = None if text is None else format_of(path, text, shelf.ledger)
    if text is None or found is None:
        return None
    plugin = _PLUGIN.search(text) if found is Format.YAML else None
    if plugin:
        spot = Spot(name_of(path), text.count("\n", 0, plugin.start()) + 1)
        return _plugin(path, plugin["name"], spot, shelf, bounds)
    return Source(path=path, file=name_of(path), text=text, format=found)


def _script(path: Path, shelf: Shelf, bounds: Bounds) -> Source | None:
    spot, whole = Spot(str(path), 0), str(path.absolute())
    raw = shelf.bytes_of(path)
    text = None
    try:
        program.check_owner(path)
        text = _printed([whole, "--list"], spot, shelf, bounds) if raw is not None else None
    except ProgramError as error:
        shelf.ledger.fault(spot, str(error))
    if text is None:
        return None
    return Source(
        path=path,
        file=f"{path} --list",
        text=text,
        format=Format.LISTING,
        ask=_Questions(whole, spot, shelf.ledger, bounds).of,
    )


@dataclass(slots=True)
class _Questions:
    """Asks a script for one host after the other, until one answer does not come in time."""

    script: str
    spot: Spot
    ledger: Ledger
    bounds: Bounds
    hangs: bool = False

    def of(self, host: str) -> object:
        """Variables of a host; nothing, with a fault noted, when the script fails."""
        if self.hangs:
            return {}
        try:
            answer = program.run([self.script, "--host", host], self.bounds)
            return json.loads(answer.output) if answer.output.strip() else {}
        except TooLateError as error:
            self.hangs = True
            self._fault(host, f"{error}; no other host was asked for")
        except ProgramError as error:
            self._fault(host, str(error))
        except (ValueError, RecursionError):
            self._fault(host, "printed no JSON")
        return {}

    def _fault(self, host: str, message: str) -> None:
        self.ledger.fault(self.spot, f"--host {quoted(host)}: {message}")


def _plugin(path: Path, name: str, spot: Spot, shelf: Shelf, bounds: Bounds) -> Source | None:
    """Let Ansible run its own plugin."""
    if path == STDIN:
        shelf.ledger.fault(spot, f"this configures the inventory plugin {quoted(name)}: name its file, not '-'")
        return None
    ansible = program.found_on_path(_ANSIBLE_INVENTORY)
    if ansible is None:
        shelf.ledger.fault(
            spot,
            f"this configures the inventory plugin {quoted(name)}, which needs ansible-inventory; it is not on PATH "
            "(where it is, 'ansible-inventory --list' prints a file that can be read here)",
        )
        return None
    text = None
    try:
        program.check_owner(path)
        argv = [ansible, "-i", str(path), "--list"]
        text = _printed(argv, spot, shelf, bounds, ANSIBLE_INVENTORY_UNPARSED_FAILED="true", ANSIBLE_NOCOLOR="1")
    except ProgramError as error:
        shelf.ledger.fault(spot, f"ansible-inventory for the plugin {quoted(name)}: {error}")
    if text is None:
        return None
    return Source(path=path, file=f"ansible-inventory -i {path} --list", text=text, format=Format.LISTING)


def _printed(argv: list[str], spot: Spot, shelf: Shelf, bounds: Bounds, **environment: str) -> str | None:
    answer = program.run(argv, bounds, **environment)
    if answer.errors:
        shelf.ledger.warn(spot, f"said on stderr: {answer.errors}")
    file = f"{spot.file} --list"
    shelf.note(file, answer.output)
    return shelf.text(answer.output, file)
