"""The output directory before a sweep: taken over only when it is empty or holds a report of ours that is at rest."""

from __future__ import annotations

import fcntl
import os
import re
import stat
from collections.abc import Collection, Iterator
from pathlib import Path

from tomcat_fleet.errors import ConfigError, Fault
from tomcat_fleet.model import ledger_file
from tomcat_fleet.model.result import SCHEMA, SUMMARY_SCHEMA
from tomcat_fleet.report.folder import Folder
from tomcat_fleet.report.slug import is_slug

ASIDE = ".former"  # the last finished report, kept until the new one is finished
PART = "results.jsonl.part"
PAGES = ("hosts", "groups")
_SUMMARY = "summary.json"
_FILES = re.compile(
    r"index\.(html|pdf)|summary\.json|SHA256SUMS|results\.(jsonl|jsonl\.part|xlsx|csv|sarif|cklb|hdf\.json)"
    r"|junit\.xml|metrics\.prom|failed\.retry|defectdojo\.json|ledger\.db(-wal|-shm|-journal)?|\.reserve"
    r"|\.[a-zA-Z0-9.-]{1,100}\.part"
)
_HEAD = 4096


def take(path: Path, keep: Collection[str] = ()) -> Folder:
    """Open ``path`` (made with mode 0700 when missing) as a report directory that holds nothing but ``keep``.

    A finished report found there moves to ``.former``; an unfinished one is removed and an older finished one in
    ``.former`` stays. The directory is locked until the folder is closed. Raises ConfigError for anything that is not
    ours and for a directory in use, before anything was changed.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = Folder.at(path)
    except FileExistsError:
        raise _refusal(path, "exists and is not a directory") from None
    except NotADirectoryError:
        raise _refusal(path, "a part of this path is not a directory") from None
    except OSError as error:
        raise _refusal(path, f"cannot be used as output directory: {error.strerror}") from error
    try:
        _lock(folder, path)
        _check(folder, path)
        os.fchmod(folder.descriptor, 0o700)
        _set_aside(folder, keep)
    except OSError as error:
        folder.close()
        raise _refusal(path, f"cannot be prepared: {error.strerror}") from error
    except ConfigError:
        folder.close()
        raise
    return folder


def forget(folder: Folder) -> None:
    """Remove the report that ``take`` set aside."""
    if ASIDE in folder.names():
        aside = folder.folder(ASIDE)
        _clear(aside)
        aside.close()
        os.rmdir(ASIDE, dir_fd=folder.descriptor)


def _lock(folder: Folder, path: Path) -> None:
    """The kernel's lock on the directory itself: no file is left behind, and it ends with its process."""
    try:
        fcntl.flock(folder.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise _refusal(path, "another sweep is writing its results here") from None


def _check(folder: Folder, path: Path) -> None:
    if os.fstat(folder.descriptor).st_uid != os.geteuid():
        raise _refusal(path, "belongs to another account")
    strangers = list(_strangers(folder, inner=False))
    if strangers:
        raise ConfigError([Fault(str(path / name), 0, "is not part of a report; refusing to replace it")
                           for name in strangers[:10]])  # fmt: skip
    files = [name for name in folder.names() if name not in (*PAGES, ASIDE)]
    if files and not _ours(folder):
        raise _refusal(path, "holds files that no sweep has written")


def _strangers(folder: Folder, *, inner: bool) -> Iterator[str]:
    for name in folder.names():
        mode = os.stat(name, dir_fd=folder.descriptor, follow_symlinks=False).st_mode
        if stat.S_ISDIR(mode) and (name in PAGES or (name == ASIDE and not inner)):
            yield from _strangers_below(folder, name)
        elif not (stat.S_ISREG(mode) and _FILES.fullmatch(name)):
            yield name


def _strangers_below(folder: Folder, name: str) -> Iterator[str]:
    child = folder.folder(name)
    try:
        found = _strangers(child, inner=True) if name == ASIDE else filter(_not_page, child.names())
        yield from (f"{name}/{inner}" for inner in found)
    finally:
        child.close()


def _not_page(name: str) -> bool:
    page = name.removeprefix(".").removesuffix(".part")
    stem, _, kind = page.rpartition(".")
    return not (kind in {"html", "pdf"} and is_slug(stem))


def _ours(folder: Folder) -> bool:
    summary, results, part = (_head(folder, name) for name in (_SUMMARY, "results.jsonl", PART))
    line = f'"schema":"{SCHEMA}"'.encode()
    return (
        f'"{SUMMARY_SCHEMA}"'.encode() in (summary or b"")
        or ledger_file.is_ledger(_head(folder, ledger_file.NAME) or b"")
        or line in (results or b"")
        or part == b""  # interrupted before the first target
        or line in (part or b"")
    )


def _head(folder: Folder, name: str) -> bytes | None:
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder.descriptor)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        return file.read(_HEAD)


def _set_aside(folder: Folder, keep: Collection[str]) -> None:
    finished = _SUMMARY in folder.names() and PART not in folder.names()
    if not finished:
        _clear(folder, keep)
        return
    forget(folder)
    aside = folder.folder(ASIDE)
    for name in folder.names():
        if name != ASIDE and name not in keep:
            os.rename(name, name, src_dir_fd=folder.descriptor, dst_dir_fd=aside.descriptor)
    aside.close()


def _clear(folder: Folder, keep: Collection[str] = ()) -> None:
    for name in folder.names():
        if name in PAGES:
            child = folder.folder(name)
            for page in child.names():
                child.remove(page)
            child.close()
            os.rmdir(name, dir_fd=folder.descriptor)
        elif name != ASIDE and name not in keep:
            folder.remove(name)


def _refusal(path: Path, message: str) -> ConfigError:
    return ConfigError([Fault(str(path), 0, message)])
