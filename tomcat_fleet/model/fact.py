"""Knowing, and knowing that one does not know."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Gap(StrEnum):
    """Why something is not known. Each has words in both languages in the guide's gap table."""

    DENIED = "denied"  # permission refused, also after escalation if that was allowed
    MISSING = "missing"  # the file that must decide does not exist
    TRUNCATED = "truncated"  # a byte, row or time cap cut it
    MALFORMED = "malformed"  # read, but not parseable as what it must be
    UNSAFE_LINK = "unsafe-link"  # a link that a privileged reader must not follow
    NOT_REGULAR = "not-regular"  # FIFO, device, socket, /proc object
    NO_TOOL = "no-tool"  # the target lacks every program that could read it
    FAILED = "failed"  # the reading program failed for another reason
    NOT_COLLECTED = "not-collected"  # never asked, or the rounds were used up
    UNRESOLVED = "unresolved"  # depends on a property whose value cannot be known
    HIDDEN = "hidden"  # the kernel hides other accounts' processes


@dataclass(frozen=True, slots=True)
class Known(Generic[T_co]):
    """A fact with a value. A verified absence is ``Known(None)``."""

    value: T_co


@dataclass(frozen=True, slots=True)
class Unknown:
    """A fact that could not be established. ``source`` names the artefact, usually a path."""

    gap: Gap
    source: str
    detail: str = ""


Fact: TypeAlias = Known[T] | Unknown
