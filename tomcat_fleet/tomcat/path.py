"""Paths of a target as text. Nothing is ever resolved against the auditor's own file system."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterable

from tomcat_fleet.model.fact import Known
from tomcat_fleet.tomcat.reader import Reader


def absolute(path: str, against: str) -> str:
    """``path`` below ``against`` unless it is absolute; empty and ``.`` segments dropped.

    ``..`` stays where it is: behind a symbolic link only the target knows what it means.
    """
    joined = posixpath.join(against, path)
    parts = [part for part in joined.split("/") if part not in ("", ".")]
    return ("/" if joined.startswith("/") else "") + "/".join(parts) or "/"


def real(reader: Reader, path: str) -> str:
    """Return the real path as the target resolved it; ``path`` itself while that is not known."""
    status = reader.status(path)
    return status.value.real_path if isinstance(status, Known) and status.value else path


def name(path: str) -> str:
    """Last segment."""
    return path.rstrip("/").rpartition("/")[2]


def parent(path: str) -> str:
    """Everything before the last segment, ``/`` at the top."""
    return path.rstrip("/").rpartition("/")[0] or "/"


def is_below(path: str, root: str) -> bool:
    """Whether ``path`` is ``root`` or lies below it, by name."""
    return path == root or path.startswith(root.rstrip("/") + "/")


def outermost(found: Iterable[str]) -> tuple[str, ...]:
    """Each of these paths once, sorted, without those that lie below another. A target may bring thousands."""
    every = set(found)
    roots = Counter(path.rstrip("/") for path in every)

    def is_outer(path: str) -> bool:
        above = (path[:at] for at, char in enumerate(path) if char == "/")
        return not any(roots[root] > (root == path.rstrip("/")) for root in above)

    return tuple(path for path in sorted(every) if is_outer(path))
