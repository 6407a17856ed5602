"""Where something stands in the operator's files, and the list of everything wrong with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from tomcat_fleet.errors import Fault


class Spot(NamedTuple):
    """A line of a file; line 0 means the file as a whole."""

    file: str
    line: int

    def __str__(self) -> str:
        file = storable(self.file)
        return f"{file}:{self.line}" if self.line else file


@dataclass(frozen=True, slots=True)
class Ledger:
    """Collects faults and warnings, so that one run shows all of them."""

    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)

    def fault(self, spot: Spot, message: str) -> None:
        """Note something that keeps the sweep from starting."""
        self.faults.append(Fault(spot.file, spot.line, message))

    def warn(self, spot: Spot, message: str) -> None:
        """Note something that the operator should know and that harms nothing."""
        self.warnings.append(Fault(spot.file, spot.line, message))


def storable(path: str) -> str:
    r"""``path`` as text that can be stored; the bytes of a name in another code page become ``\xNN``."""
    return path if path.isascii() else path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
