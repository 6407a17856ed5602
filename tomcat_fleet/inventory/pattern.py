r"""Ansible's host patterns, as ``--limit`` takes them.

    web              a host, or every host of a group          web,db    web:db    both
    web:&prod        those that are also in prod               web:!old  those that are not in old
    web*.example.com a glob over hosts and groups      ~web\d+   a regular expression, from the start of the name
    web[0]  web[-1]  one host of the group, by position        web[1:3]  positions 1 to 3, both included
    @failed.retry    every line of a file is a pattern

Order does not matter: everything plain is collected first, then intersected, then excluded. Unlike Ansible, a pattern
that matches nothing is an error: a misspelt exclusion would exclude nothing.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tomcat_fleet.inventory.expand import is_ip
from tomcat_fleet.inventory.ledger import Ledger, Spot
from tomcat_fleet.model.spelling import meant, quoted

OPTION = Spot("--limit", 0)

_PARTS = re.compile(r"(?:\(\?:|[^\s:\[\]]|\[[^\]]*\])+")  # the colon of (?:…) separates nothing
_SUBSCRIPT = re.compile(r"(?P<group>.+)\[(?:(?P<index>-?\d+)|(?P<first>\d+)[:-](?P<last>\d*))\]\Z", re.ASCII)
_GLOB = re.compile(r"[.?*\[]")


@dataclass(frozen=True, slots=True)
class Fleet:
    """What patterns are matched against: host names in order, and the hosts of every group in order."""

    hosts: Mapping[str, object]
    groups: Mapping[str, Sequence[str]]


def split(limit: str) -> list[str]:
    """Return the single patterns of a ``--limit``."""
    if "," in limit:
        parts = limit.split(",")
    elif is_ip(limit.strip().lstrip("!&")):
        parts = [limit]
    else:
        parts = _PARTS.findall(limit)
    return [part.strip() for part in parts if part.strip()]


def select(limit: str, fleet: Fleet, ledger: Ledger) -> list[str]:
    """Hosts that ``limit`` selects, in the inventory's order; every pattern that matches nothing goes to the ledger."""
    faults = len(ledger.faults)
    terms = _terms(limit, ledger)
    matcher = _Matcher(fleet, ledger)
    plain = [matcher.match(text, spot) for text, spot in terms if text[0] not in "&!"]
    kept = set[str]().union(*plain) if plain else set(fleet.hosts)
    for text, spot in terms:
        if text[0] == "&":
            kept &= matcher.match(text[1:], spot)
    for text, spot in terms:
        if text[0] == "!":
            kept -= matcher.match(text[1:], spot)
    if not kept and len(ledger.faults) == faults:
        ledger.fault(OPTION, f"{quoted(limit)} selects no host")
    return [name for name in fleet.hosts if name in kept]


def _terms(limit: str, ledger: Ledger) -> list[tuple[str, Spot]]:
    terms: list[tuple[str, Spot]] = []
    parts = [limit] if limit.startswith("@") and os.path.isfile(limit[1:]) else split(limit)  # noqa: PTH113  any text
    for part in parts:
        if part.startswith("@"):
            terms += _from_file(part[1:], ledger)
        else:
            terms.append((part, OPTION))
    if not parts:
        ledger.fault(OPTION, "the pattern is empty")
    return terms


def _from_file(name: str, ledger: Ledger) -> Iterable[tuple[str, Spot]]:
    try:
        text = Path(name).read_text("utf-8-sig")
    except OSError as error:
        ledger.fault(Spot(name, 0), f"cannot be read: {error.strerror}")
        return
    except UnicodeDecodeError:
        ledger.fault(Spot(name, 0), "is not UTF-8 text")
        return
    found = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            found = True
            yield line.strip(), Spot(name, number)
    if not found:
        ledger.fault(Spot(name, 0), "names no host")


@dataclass(slots=True)
class _Matcher:
    fleet: Fleet
    ledger: Ledger
    _known: dict[str, set[str]] = field(default_factory=dict)
    _compared: int = 0  # names that were looked at for one that is similar

    def match(self, text: str, spot: Spot) -> set[str]:
        """Hosts of one pattern without its sign."""
        if text in self.fleet.hosts:
            return {text}
        if text not in self._known:
            self._known[text] = set(self._pattern(text, spot))
        return self._known[text]

    def _pattern(self, text: str, spot: Spot) -> Sequence[str]:
        if not text:
            self.ledger.fault(spot, "a sign (& or !) without a pattern")
            return ()
        found = None if text.startswith("~") else _SUBSCRIPT.match(text)
        try:
            hosts, known = self._enumerate(found["group"] if found else text)
        except re.error:
            self.ledger.fault(spot, f"{quoted(text)} is not a regular expression")
            return ()
        if not known:
            self.ledger.fault(spot, f"{quoted(text)} matches no host and no group{self._near(text)}")
        elif found and not (hosts := _subscript(hosts, found)):
            self.ledger.fault(spot, f"{quoted(text)} is beyond the hosts of {quoted(found['group'])}")
        return hosts

    def _near(self, text: str) -> str:
        self._compared += len(self.fleet.groups) + len(self.fleet.hosts)
        if self._compared > _MANY:
            return ""
        return meant(_SUBSCRIPT.sub(r"\g<group>", text), [*self.fleet.groups, *self.fleet.hosts])

    def _enumerate(self, text: str) -> tuple[Sequence[str], bool]:
        """Hosts in order, and whether anything of that name exists (a group may be empty)."""
        matches = re.compile(text[1:] if text.startswith("~") else fnmatch.translate(text)).match
        groups = [text] if text in self.fleet.groups else [name for name in self.fleet.groups if matches(name)]
        hosts = dict.fromkeys(host for name in groups for host in self.fleet.groups[name])
        if not groups or text.startswith("~") or _GLOB.search(text):
            hosts.update(dict.fromkeys(name for name in self.fleet.hosts if matches(name)))
        return list(hosts), bool(groups or hosts)


_MANY = 20_000  # names beyond which looking for similar ones takes too long


def _subscript(hosts: Sequence[str], found: re.Match[str]) -> Sequence[str]:
    if found["index"]:
        index = int(found["index"])
        return [hosts[index]] if -len(hosts) <= index < len(hosts) else []
    last = int(found["last"]) if found["last"] else len(hosts) - 1
    return hosts[int(found["first"]) : last + 1]
