"""Tracebacks that can be shown: where something happened, without messages and locals, which may quote a target."""

from __future__ import annotations

import traceback
from contextvars import ContextVar

TARGET: ContextVar[str] = ContextVar("TARGET", default="")  # whose turn it is, for the lines of a log


def frames(error: BaseException) -> str:
    """Frames and exception types from the first cause to the last consequence, members of groups included."""
    return "\n".join(_chain(error, set()))


def _chain(error: BaseException, seen: set[int]) -> list[str]:
    """Each exception once: a member of a group may have that group as its context."""
    if id(error) in seen:
        return []
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    shown = _chain(before, seen) if before else []
    if isinstance(error, BaseExceptionGroup):
        shown += [part for member in error.exceptions for part in _chain(member, seen)]
    return [*shown, "".join(traceback.format_tb(error.__traceback__)) + type(error).__name__]
