"""Calls into other people's libraries that may wait for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from tomcat_fleet.transport.private_file import CredentialError

TIME_LIMIT_S = 20.0
T = TypeVar("T")


class LateError(CredentialError):
    """It took too long."""


def within(call: Callable[[], T]) -> T:
    """Return what ``call`` returns or raise what it raises; raises ``LateError`` when it takes too long.

    The thread left behind by a call that hangs does not keep the process from ending.
    """
    outcome: list[T] = []
    trouble: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(call())
        except BaseException as error:  # noqa: BLE001  raised again where it is waited for
            trouble.append(error)

    thread = threading.Thread(target=run, name="credential", daemon=True)
    thread.start()
    thread.join(TIME_LIMIT_S)
    if trouble:
        raise trouble[0]
    if not outcome:
        raise LateError(f"gave no answer within {TIME_LIMIT_S:g} s")
    return outcome[0]
