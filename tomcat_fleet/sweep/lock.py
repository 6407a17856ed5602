"""One sweep of an inventory at a time: a second one would double the load on every host for nothing."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from platformdirs import user_state_path

from tomcat_fleet.errors import ConfigError

_log = logging.getLogger(__name__)


@contextmanager
def turn(inventories: Iterable[Path], limit: str | None, waiting: Callable[[], None] | None) -> Iterator[None]:
    """Hold the lock of this account's sweeps of these files with this limit.

    While another sweep holds it, ``waiting`` is called once and the call waits; without ``waiting`` ConfigError is
    raised. The kernel releases it with the process. Where no lock can be kept a warning is logged, and nothing waits.
    """
    place = _directory()
    if place is None:
        yield
        return
    lock = FileLock(place / f"{_name(inventories, limit)}.lock", mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if waiting is None:
            raise ConfigError("another sweep of this inventory is under way; --overlap wait begins after it") from None
        waiting()
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def series(inventories: Iterable[Path], limit: str | None) -> str:
    """A name for the sweeps of these files with this limit: they are compared with each other."""
    files = " ".join(sorted(os.path.realpath(path) for path in inventories))
    name = f"{files} --limit {limit}" if limit else files
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _directory() -> Path | None:
    """Private, so that nobody else can hold a sweep up."""
    try:
        place = user_state_path("tomcat-fleet") / "locks"
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.chmod(0o700)
    except OSError as error:
        _log.warning("sweeps of one inventory are not kept apart: %s: %s", place, error.strerror)
        return None
    return place


def _name(inventories: Iterable[Path], limit: str | None) -> str:
    parts = [*sorted(os.path.realpath(path) for path in inventories), limit or ""]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:32]
