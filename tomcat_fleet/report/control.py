"""Identifiers of other benchmarks as people cite them."""

from __future__ import annotations

import re
from collections.abc import Sequence

_CIS = re.compile(r"cis-tomcat(\d+)-([\d.]+)")
_STIG = re.compile(r"stig-tomcat(\d+)")
_KISA = re.compile(r"kisa-ciip-(\d{4})")


def cited(controls: Sequence[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """``edition:id`` by benchmark, in their order: (CIS Apache Tomcat 9 Benchmark v1.2, (10.2, 10.3))."""
    found: dict[str, list[str]] = {}
    for control in controls:
        edition, _, number = control.partition(":")
        found.setdefault(_name(edition), []).append(number)
    return tuple((name, tuple(numbers)) for name, numbers in found.items())


def _name(edition: str) -> str:
    if cis := _CIS.fullmatch(edition):
        return f"CIS Tomcat {cis[1]} v{cis[2]}"
    if stig := _STIG.fullmatch(edition):
        return f"STIG Tomcat {stig[1]}"
    if kisa := _KISA.fullmatch(edition):
        return f"KISA {kisa[1]}"
    return edition
