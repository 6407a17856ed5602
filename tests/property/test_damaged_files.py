"""Deleting, cutting, emptying, garbling or refusing one file of a host never makes a verdict better."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.property.sound import CORROBORATING, LAYOUTS, before, host, improved, rows, verdicts
from tests.verdict import audit
from tests.virtual_host import Node, VirtualHost
from tomcat_fleet.model.result import EvidenceRow
from tomcat_fleet.model.status import Status


def _halve(node: Node) -> None:
    node.data = node.data[: len(node.data) // 2]
    node.members = {name: data[: len(data) // 2] for name, data in node.members.items()}


def _empty(node: Node) -> None:
    node.data = b""
    node.members = dict.fromkeys(node.members, b"")


def _garble(node: Node) -> None:
    node.data = bytes(byte ^ 0xA5 for byte in node.data)
    node.members = {name: bytes(byte ^ 0xA5 for byte in data) for name, data in node.members.items()}


def _deny(node: Node) -> None:
    node.denied = True


def _stall(node: Node) -> None:
    node.slow = True


DAMAGES: dict[str, Callable[[Node], None] | None] = {
    "deleted": None, "halved": _halve, "emptied": _empty, "garbled": _garble, "denied": _deny, "stalled": _stall,
}  # fmt: skip


def _damaged(layout: str, path: str, how: str) -> VirtualHost:
    made = host(layout)
    damage = DAMAGES[how]
    if damage is None:
        made.remove(path)
    else:
        damage(made.nodes[path])
    return made


def _names(made: VirtualHost, path: str) -> set[str]:
    """Every path that leads to the object, through links too."""
    folders = [name for name, node in made.nodes.items() if node.kind == "link"]
    through = {name for name in folders if made._resolve(name)[1] == path}
    below = {
        f"{name}{path[len(real) :]}" for name in folders if path.startswith((real := made._resolve(name)[1]) + "/")
    }
    return {path} | through | below


def _rested(row: EvidenceRow, names: set[str], how: str) -> bool:
    """Whether the row shows something of the file that is gone now."""
    source = row.source.partition("!/")[0]
    if row.kind != "file" or source not in names or row.source.endswith(CORROBORATING):
        return False
    return how == "deleted" or row.line is not None


@pytest.mark.parametrize("how", DAMAGES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_damaged_file_makes_a_verdict_better(layout: str, how: str) -> None:
    whole = host(layout)
    for path in [path for path, node in whole.nodes.items() if node.kind == "file"]:
        after = audit(_damaged(layout, path, how))
        names = _names(whole, path)
        for key, status in verdicts(after).items():
            assert status is not Status.ERROR, (path, key)
            if status is Status.PASS:
                assert before(layout)[key] is Status.PASS, (path, key)
                assert not [row for row in rows(layout)[key] if _rested(row, names, how)], (path, key)


@pytest.mark.parametrize("how", ["denied", "stalled"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_closed_directory_makes_a_verdict_better(layout: str, how: str) -> None:
    whole = host(layout)
    for path in [path for path, node in whole.nodes.items() if node.kind == "directory" and path != "/"]:
        after = audit(_damaged(layout, path, how))
        assert not improved(layout, after), path
        for key, status in verdicts(after).items():
            searched = [row for row in rows(layout)[key] if _listed(row, path)]
            assert not (status is Status.PASS and searched), (path, key)


def _listed(row: EvidenceRow, path: str) -> bool:
    """Whether the row says that the directory was searched."""
    return row.source == f"find {path}" or (row.kind == "file" and row.source == path)
