"""Tomcat version numbers: order, branches, and since when a behaviour exists."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

# 9.0.0.M1, 10.1.0-M17, 8.0.0-RC1, 5.5.36, 9.0.98.0 (server.number), 6.0.0-alpha
_NUMBER = re.compile(
    r"(?<![\d.])(?P<major>\d{1,3})\.(?P<minor>\d{1,3})\.(?P<patch>\d{1,4})(?!\d)"
    r"(?:[.-]?(?P<stage>M|RC|alpha|beta)-?(?P<count>\d{0,3})(?![A-Za-z\d]))?",
    re.IGNORECASE,
)
_STAGES = {"alpha": 0, "m": 1, "beta": 2, "rc": 3}
_RELEASE = 9


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """One version; milestones and release candidates sort before their release. ``text`` is its usual spelling."""

    major: int
    minor: int
    patch: int
    stage: int = _RELEASE
    count: int = 0
    text: str = field(default="", compare=False)

    @classmethod
    def find(cls, text: str) -> Version | None:
        """Take the first full version number of any text, e.g. ``Apache Tomcat/9.0.98 (Debian)``; None without one."""
        found = _NUMBER.search(text)
        if not found:
            return None
        stage = found["stage"]
        return cls(
            int(found["major"]),
            int(found["minor"]),
            int(found["patch"]),
            _STAGES[stage.lower()] if stage else _RELEASE,
            int(found["count"] or 0) if stage else 0,
            found[0],
        )

    @classmethod
    def of(cls, text: str) -> Version:
        """Take ``text`` for a version; ``ValueError`` when it is none."""
        found = cls.find(text)
        if found is None or found.text != text:
            raise ValueError(f"not a version: {text!r}")
        return found

    @property
    def branch(self) -> str:
        """``10.1``, ``9.0``, ``5.5`` …: what Apache maintains as one line."""
        return f"{self.major}.{self.minor}"

    def since(self, *firsts: str) -> bool:
        """Whether this version has what each branch got with one of ``firsts``.

        A branch that is not among them has it when it is newer than all of them, and lacks it otherwise:
        ``since("7.0.104", "8.5.55", "9.0.35", "10.0.0-M5")`` is false on 8.0.53 and true on 11.0.1.
        """
        versions = [Version.of(first) for first in firsts]
        own = [first for first in versions if (first.major, first.minor) == (self.major, self.minor)]
        return self >= max(own or versions)

    def __str__(self) -> str:
        return self.text or f"{self.major}.{self.minor}.{self.patch}"
