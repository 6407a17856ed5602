"""Files that hold passwords in clear: user files, their copies, JMX's password file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from tomcat_fleet.model.escape import from_text
from tomcat_fleet.model.evidence import FileKind
from tomcat_fleet.model.fact import Fact, Known, Unknown
from tomcat_fleet.model.storage import Role, Stored
from tomcat_fleet.tomcat import path as paths
from tomcat_fleet.tomcat.reader import Reader

_JMX_PROPERTY = "com.sun.management.jmxremote.password.file"
_JMX_FILE = "conf/jmxremote.password"
_COPY_SIGN = re.compile(r"bak|back|old|orig|copy|save|new|tmp|sw[a-z]|~|\d{4}", re.IGNORECASE)


def password_files(
    reader: Reader, *, base: str, files: Fact[tuple[str, ...]], arguments: Mapping[str, str], directory: str | None
) -> Fact[tuple[Stored, ...]]:
    """Every user file by its path, copies beside it, and JMX's password file.

    ``arguments`` are the JVM's -D options, ``directory`` its working directory. A directory that could not be listed
    stands as a copy with its gap: there may be copies in it.
    """
    if isinstance(files, Unknown):
        return files
    found = [*_users(reader, files.value), *_jmx(reader, base, arguments, directory)]
    return Known(tuple({stored.path: stored for stored in found}.values()))


def is_copy(name: str, original: str) -> bool:
    """Whether ``name`` looks like a backup, an editor's file or a dated copy of ``original``.

    MemoryUserDatabase itself writes ``.new`` and ``.old`` beside the file when it saves.
    """
    bare = name.lstrip(".")
    if name == original or not bare:
        return False
    if bare.startswith(original) or (name.startswith("#") and original in name):
        return True
    stem = original.rpartition(".")[0] or original
    return bare.startswith(stem) and bool(_COPY_SIGN.search(bare[len(stem) :]))


def _users(reader: Reader, files: tuple[str, ...]) -> Iterator[Stored]:
    for path in files:
        yield Stored(path=path, role=Role.USERS, status=reader.status(path))
    for path in files:
        yield from _copies(reader, path, files)


def _copies(reader: Reader, path: str, files: tuple[str, ...]) -> Iterator[Stored]:
    folder = paths.parent(path)
    names = reader.listing(folder)
    if isinstance(names, Unknown):
        yield Stored(path=folder, role=Role.USERS_BACKUP, status=names)
        return
    for name in names.value or ():
        other = paths.absolute(name, folder)
        if not is_copy(name, paths.name(path)) or other in files:
            continue
        status = reader.status(other)
        if isinstance(status, Unknown) or (status.value and status.value.kind is not FileKind.DIRECTORY):
            yield Stored(path=other, role=Role.USERS_BACKUP, status=status)


def _jmx(reader: Reader, base: str, arguments: Mapping[str, str], directory: str | None) -> Iterator[Stored]:
    usual = paths.absolute(_JMX_FILE, base)
    status = reader.status(usual)
    if isinstance(status, Unknown) or status.value is not None:
        yield Stored(path=usual, role=Role.JMX_PASSWORD, status=status)
    named = arguments.get(_JMX_PROPERTY)
    if named:
        path = paths.absolute(from_text(named), directory or base)
        yield Stored(path=path, role=Role.JMX_PASSWORD, status=reader.status(path))
