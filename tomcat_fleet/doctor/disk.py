"""Whether the results have room, and are nobody else's business."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from tomcat_fleet.doctor.finding import Finding, ok, problem, warning
from tomcat_fleet.sweep.reserve import SIZE as RESERVE

PER_HOST = 512 * 1024  # page, line of results and stored evidence of a usual host, with room to spare
_FILES_PER_HOST = 1
_FILES = 64
_TEMPORARY = 64 * 1024 * 1024  # spreadsheets are put together there
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def needed(hosts: int) -> int:
    """Bytes that a sweep of ``hosts`` takes, its reserve included."""
    return RESERVE + PER_HOST * hosts


def examine(output: Path | None, temporary: Path, hosts: int) -> Iterator[Finding]:
    """Look at the directory for the results, which need not exist yet, and at that for temporary files.

    Without ``output`` an audit makes a directory of its own where it is run.
    """
    wanted = (output or Path()).absolute()
    place = next((path for path in (wanted, *wanted.parents) if path.exists()), Path("/"))
    if not place.is_dir():
        yield problem("disk", "disk_no_directory", path=place)
        return
    if not os.access(place, os.W_OK | os.X_OK):
        yield problem("disk", "disk_read_only", path=place)
        return
    state, need = os.statvfs(place), needed(hosts)
    free = state.f_bavail * state.f_frsize
    amounts = {"path": place, "free": _mib(free), "need": _mib(need), "hosts": hosts}
    if free < RESERVE:
        yield problem("disk", "disk_full", **amounts)
    elif free < need:
        yield warning("disk", "disk_low", **amounts)
    else:
        yield ok("disk", "disk_ok", **amounts)
    yield from _inodes(place, state, hosts)
    if output and output.is_dir() and output.stat().st_mode & _OTHERS:
        yield warning("disk", "disk_open", path=output, mode=f"{stat.S_IMODE(output.stat().st_mode):04o}")
    yield from _temporary(temporary)


def _inodes(place: Path, state: os.statvfs_result, hosts: int) -> Iterator[Finding]:
    need = _FILES + _FILES_PER_HOST * hosts
    if state.f_files and state.f_favail < need:  # some file systems count none
        yield problem("disk", "disk_inodes", path=place, free=state.f_favail, need=need)


def _temporary(place: Path) -> Iterator[Finding]:
    state = os.statvfs(place)
    free = state.f_bavail * state.f_frsize
    if not os.access(place, os.W_OK | os.X_OK) or free < _TEMPORARY:
        yield warning("disk", "disk_temporary", path=place, free=_mib(free), need=_mib(_TEMPORARY))


def _mib(count: int) -> str:
    return f"{count / (1 << 20):,.0f} MiB"
