"""What other accounts of the machine could see of a process while it runs: arguments, environments, modes of files."""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

_PAUSE_S = 0.005


class Spy:
    """Looks again and again at process ``pid``, at all that it started and at what lies below ``places``."""

    def __init__(self, pid: int, *places: Path) -> None:
        self._pid = pid
        self._places = places
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.own: set[tuple[bytes, bytes]] = set()  # arguments, environment of the process itself
        self.others: set[tuple[bytes, bytes]] = set()  # of its children and theirs
        self.open: set[str] = set()  # paths with bits for other accounts
        self.looks = 0
        self.paths: set[str] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.is_set():
            family = _descendants(self._pid)
            for pid in family:
                seen = _of(pid)
                if seen is not None:
                    (self.own if pid == self._pid else self.others).add(seen)
            for path in (path for place in self._places for path in _below(place)):
                self._mode(path)
            self.looks += 1
            time.sleep(_PAUSE_S)

    def _mode(self, path: str) -> None:
        try:
            found = os.lstat(path)
        except OSError:
            return
        self.paths.add(path)
        if found.st_mode & 0o077 and not stat.S_ISLNK(found.st_mode):
            self.open.add(f"{path} {stat.S_IMODE(found.st_mode):04o}")


def _of(pid: int) -> tuple[bytes, bytes] | None:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes(), Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return None


def _descendants(pid: int) -> list[int]:
    family = [pid]
    for one in family:
        try:
            for task in Path(f"/proc/{one}/task").iterdir():
                family += map(int, (task / "children").read_text().split())
        except OSError:
            continue
    return family


def _below(place: Path) -> Iterator[str]:
    yield str(place)
    for directory, folders, files in os.walk(place):
        yield from (f"{directory}/{name}" for name in (*folders, *files))
