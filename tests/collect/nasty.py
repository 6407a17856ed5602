"""A base full of awkward names and contents, and what every one of them is by the file system's own word."""

from __future__ import annotations

import grp
import hashlib
import io
import os
import pwd
import random
import stat
import struct
import zipfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from tests.need import absent
from tomcat_fleet.model import escape
from tomcat_fleet.model.evidence import (
    SEARCH_LIMITS,
    Content,
    FileKind,
    FileStatus,
    Question,
    Search,
    SearchKind,
    Verb,
)
from tomcat_fleet.model.fact import Gap, Known, Unknown

OWNER = 7  # lp: nobody runs anything under it
MTIME = 1_700_000_000
NONE = 0xFFFFFFFF
ACL = struct.pack("<I" + "HHI" * 5, 2, 1, 6, NONE, 2, 4, 65534, 4, 4, NONE, 16, 4, NONE, 32, 0, NONE)  # user:nobody:r--
FORGED = b"\n".join([b"x", b"@%s END 3" % (b"0" * 32), b"@%s 4 ." % (b"f" * 32), b"//rc:0", b"//total:0", b"end\0end"])
KOREAN = "한글".encode("cp949")
# Nothing that sounds like a secret: of such a file the hash is that of the text without it.
QUIET = bytes(range(256)).replace(b"%", b"")
SIGNS = [byte for byte in QUIET if byte > 127 or not chr(byte).isalpha()]
FILES: dict[bytes, bytes] = {
    b"plain.txt": b"plain\n",
    b"empty": b"",
    b"nul": QUIET * 5,
    b"only-nul": bytes(3),
    b"big": bytes(random.Random(300).choices(SIGNS, k=300_000)),
    b"no line feed": b"a" * 70_000,
    b"forged": FORGED,
    b" lead": b"\n\n",
    b"trail ": b"x\n\n\n",
    b"-rf": b"-rf",
    b"--": b"--",
    b"quo'te\"": b"'\"",
    b"dollar$HOME": b"$HOME `id` $(id)",
    b"new\nline": b"new\nline",
    b"two\n\nlines": b"\r\n",
    b"end\n": b"end\n",
    b"tab\t": b"\t",
    b"back\\slash\\n": b"\\n\\0101",
    b"star*": b"*",
    b"[a-z]?": b"[a-z]?",
    b"@0 1 .": b"@0 1 .\n",
    b"@" + b"0" * 32 + b" END 1": b"x",
    b"a -> b": b"an arrow",
    b"x\nregular file:0777:0:0": b"x",
    b"x\n-rwxrwxrwx+ 1 0 0 0 Jan  1 00:00 y": b"x",
    "한글.txt".encode(): "한글\n".encode(),
    KOREAN: "한글 euc-kr\n".encode("cp949"),
    b"esc\x1b]0;title\x07\x1b[31m": b"\x1b[2J",
    b"\xff\xfe": b"\xff\xfe",
    b"~root": b"~",
    b"#!": b"#!/bin/sh\nexit 1\n",
    b"!history": b"!!",
    b"acl": b"x",
}
LINKS: dict[bytes, bytes] = {
    b"link": b"plain.txt",
    b"link \xc7\xd1": KOREAN,
    b"link\nline": b"new\nline",
    b"link of a link": b"link\nline",
    b"link of acl": b"acl",
    b"link of a directory": b"WEB-INF",
}
MODES = {b"-rf": 0o4777, b"new\nline": 0o666, KOREAN: 0o1645, b"empty": 0}
MEMBERS = {
    "META-INF/MANIFEST.MF": b"Implementation-Version: 10.1.60\r\n" * 400,
    "org/apache/catalina/util/ServerInfo.properties": b"server.info=Apache Tomcat/10.1.60\n",
    "empty": b"",
}
FRAGMENT = b"<web-fragment/>"


@dataclass(frozen=True, slots=True)
class Sight:
    """What a set of tools can tell of a file."""

    names: bool = True  # of owners and groups
    dates: bool = True
    acl: bool = True
    rows: bool = False  # also in the row of each file that a search brings


def plant(base: Path) -> None:
    """Make it."""
    for folder in ("conf", "logs", "bin", "lib", "odd", "arrows", "webapps/app/WEB-INF"):
        (base / folder).mkdir(parents=True)
    (base / "conf/server.xml").write_bytes(b"<Server><Service/></Server>\n")
    app = base / "webapps/app"
    for name, data in FILES.items():
        path = _at(app, name)
        path.write_bytes(data)
        os.chown(path, OWNER, OWNER)
        path.chmod(MODES.get(name, 0o644))
        os.utime(path, (MTIME, MTIME))
    for name, target in LINKS.items():
        _at(app, name).symlink_to(os.fsdecode(target))
    try:
        os.setxattr(app / "acl", "system.posix_acl_access", ACL)
    except OSError:
        absent("POSIX ACLs in /var/tmp")
    os.mkfifo(base / "odd/fifo")
    os.mknod(base / "odd/null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    (base / "odd/kernel").symlink_to("/proc/kmsg")
    (base / "odd/circle").symlink_to("circle")
    (base / "arrows/a -> b").symlink_to("c")
    _archive(base / "lib/catalina.jar", MEMBERS)
    jar = io.BytesIO()
    _archive(jar, {"META-INF/web-fragment.xml": FRAGMENT})
    _archive(base / "webapps/shop.war", {"WEB-INF/web.xml": b"<web-app/>", "WEB-INF/lib/a.jar": jar.getvalue()})


def _archive(where: Path | io.BytesIO, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(where, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def _at(directory: Path, name: bytes) -> Path:
    return directory / os.fsdecode(name)


def truth(base: Path, sight: Sight) -> dict[Question, object]:
    """Questions about the base with what each must be answered with; a gap stands for Unknown."""
    app, odd, jar = base / "webapps/app", base / "odd", base / "lib/catalina.jar"
    said: dict[Question, object] = {}
    for path in (app, odd, base / "arrows"):
        names = tuple(sorted(shown(entry).rpartition("/")[2] for entry in path.iterdir()))
        said[Question(Verb.LISTING, shown(path))] = Known(names)
    for path in (base, base / "conf/server.xml", odd / "fifo", odd / "null", *app.iterdir()):
        said[Question(Verb.STATUS, shown(path))] = Known(status(path, sight))
    for path in (path for path in app.iterdir() if path.is_file()):
        said[Question(Verb.CONTENT, shown(path))] = _content(shown(path), path.read_bytes())
    for member, data in MEMBERS.items():
        said[Question(Verb.MEMBER, shown(jar), member)] = _content(f"{shown(jar)}!/{member}", data)
    for kind in (SearchKind.SOURCE_FILES, SearchKind.CONFIG_FILES):
        said[Question(Verb.SEARCH, shown(base / "webapps"), kind.value)] = Known(_search(app, kind, sight))
    for verb, path, member in (
        (Verb.MEMBER, base / "lib/none.jar", "x"),
        (Verb.MEMBER, jar, "none"),
        (Verb.CONTENT, base / "conf/none", ""),
        (Verb.STATUS, base / "none/none", ""),
        (Verb.LISTING, base / "none", ""),
    ):
        said[Question(verb, shown(path), member)] = Known(None)
    for name in ("fifo", "null", "kernel", "circle"):
        said[Question(Verb.CONTENT, shown(odd / name))] = Gap.NOT_REGULAR
    said[Question(Verb.CONTENT, shown(odd / "circle"))] = Gap.DENIED  # whether it is there cannot be told
    said[Question(Verb.STATUS, shown(odd / "circle"))] = Gap.MISSING
    return said


def shown(path: Path) -> str:
    """A path as evidence has it."""
    return escape.from_bytes(os.fsencode(path))


def status(path: Path, sight: Sight) -> FileStatus:
    """What stat and readlink say."""
    found = path.stat()
    kinds = {stat.S_IFREG: FileKind.FILE, stat.S_IFDIR: FileKind.DIRECTORY}
    return FileStatus(
        path=shown(path),
        real_path=shown(path.resolve()),
        kind=kinds.get(stat.S_IFMT(found.st_mode), FileKind.OTHER),
        mode=stat.S_IMODE(found.st_mode),
        uid=found.st_uid,
        gid=found.st_gid,
        user=pwd.getpwuid(found.st_uid).pw_name if sight.names else "",
        group=grp.getgrgid(found.st_gid).gr_name if sight.names else "",
        size=found.st_size,
        mtime=int(found.st_mtime) if sight.dates else 0,
        acl=path.name in {"acl", "link of acl"} if sight.acl else None,
        link_target=shown(path.readlink()) if path.is_symlink() else None,
    )


def _content(path: str, data: bytes) -> Known[Content]:
    """Content by hash and size: its text leaves out what says nothing about Tomcat."""
    return Known(Content(path=path, text="", sha256=hashlib.sha256(data).hexdigest(), size=len(data)))


def fragments(war: str) -> Known[tuple[Content, ...]]:
    """The answer about the packed application."""
    return Known((_content(f"{war}!/WEB-INF/lib/a.jar!/META-INF/web-fragment.xml", FRAGMENT).value,))


def _search(app: Path, kind: SearchKind, sight: Sight) -> Search:
    root = app.parent
    paths = [root / "shop.war", *(path for path in app.iterdir() if path.is_file() and not path.is_symlink())]
    rows = [status(path, sight) if sight.rows else replace(status(path, sight), acl=False) for path in paths]
    beyond = [row for row in rows if row.mode & ~SEARCH_LIMITS[kind]]
    return Search(
        root=shown(root),
        kind=kind,
        total=len(rows),
        excess_total=len(beyond),
        excess=_sorted(beyond),
        owners=Counter(row.uid for row in rows),
        foreign=_sorted(row for row in rows if row.uid),
        acls=("acl",) if sight.acl else (shown(root),),
        links=tuple(sorted(shown(_at(app, name)) for name in LINKS)),
        excess_modes=Counter(row.mode for row in beyond),
    )


def _sorted(rows: Iterable[FileStatus]) -> tuple[FileStatus, ...]:
    return tuple(sorted(rows, key=lambda row: row.path))


def bare(answer: object) -> object:
    """An answer as ``truth`` has it: contents without their text, samples in order, gaps without their words."""
    if isinstance(answer, Unknown):
        return answer.gap
    value = answer.value if isinstance(answer, Known) else None
    if isinstance(value, Content):
        return Known(replace(value, text=""))
    if isinstance(value, Search):
        samples = {"excess": _sorted(value.excess), "foreign": _sorted(value.foreign)}
        return Known(replace(value, links=tuple(sorted(value.links)), **samples))
    if isinstance(value, tuple):
        return Known(tuple(replace(item, text="") if isinstance(item, Content) else item for item in value))
    return answer
