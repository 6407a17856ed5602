"""Telling whether a reported line is the ledger's line with waivers over it, and nothing but waivers."""

from __future__ import annotations

from typing import Any

import msgspec

from tomcat_fleet.ledger.opening import UNREADABLE
from tomcat_fleet.model.result import TargetResult, WaiverResult
from tomcat_fleet.report.stored import encoded
from tomcat_fleet.waiver import Overlay
from tomcat_fleet.waiver.overlay import WAIVABLE

_KEYS = ("waiver", "expired_waiver")


class Comparison:
    """With ``overlay`` a line must have exactly these waivers; without one, any that can be."""

    def __init__(self, overlay: Overlay | None) -> None:
        self._overlay = overlay

    def same(self, known: bytes, line: bytes) -> bool:
        """Whether ``line`` is ``known``, to the byte, apart from waivers."""
        try:
            if self._overlay is None:
                return known == line or known == _without(line)
            result = msgspec.json.decode(known, type=TargetResult)
            laid = self._overlay.lay(result).result
            return line == (known if laid == result else encoded(laid))
        except UNREADABLE:
            return False


def _without(line: bytes) -> bytes | None:
    """``line`` with its waivers taken off; None when it is not as this tool writes lines.

    Keys are left as they are, so that one more of them, and one that comes twice, is still seen.
    """
    msgspec.json.decode(line, type=TargetResult)  # or it has not the shape that is taken for granted below
    data = msgspec.json.decode(line)
    if encoded(data) != line:
        return None
    for instance in data.get("instances", ()):
        for finding in instance["findings"]:
            _strip(finding)
    return encoded(data)


def _strip(finding: dict[str, Any]) -> None:
    """Take off a waiver that can be: of a status that takes one, with the keys of one, and one of a finding."""
    there = [key for key in _KEYS if finding.get(key) is not None]
    if len(there) == 1 and finding["status"] in WAIVABLE:
        waiver = finding[there[0]]
        if msgspec.to_builtins(msgspec.convert(waiver, WaiverResult)) == waiver:
            finding[there[0]] = None
