"""XML files of a target as cases: ``tests/tomcat/xml/<read|refused>-<name>.toml``.

Runs as a program, too: each file named on its standard input is read in a process of its own, and what that took is
printed as a line of JSON.
"""

from __future__ import annotations

import codecs
import json
import os
import resource
import sys
import tomllib
from pathlib import Path

import msgspec

from tomcat_fleet.collect import redact
from tomcat_fleet.errors import EvidenceError

FOLDER = Path(__file__).parent / "xml"
FILES = sorted(FOLDER.glob("*.toml"))
_MEMORY = 1 << 30
_SECONDS = 60


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One file; ``times`` puts a text so many times in place of a mark."""

    text: str
    file: str = "conf/server.xml"
    encoding: str = "utf-8"
    mark: bool = False  # begins with a byte-order mark
    escapes: bool = False  # the text is written with backslash escapes
    hex: str = ""  # bytes at the end
    many: int = 0  # attributes in place of [many]
    times: dict[str, tuple[str, int]] = {}
    unknown: tuple[str, ...] = ()  # items that rest on the file
    verdicts: dict[str, str] = {}


def load(path: Path) -> Case:
    """The validated case."""
    return msgspec.convert(tomllib.loads(path.read_text("utf-8")), Case)


def raw(case: Case) -> bytes:
    """The bytes that the target sends."""
    text = case.text.encode().decode("unicode_escape") if case.escapes else case.text
    if case.many:
        text = text.replace("[many]", " ".join(f"a{number}=''" for number in range(case.many)))
    for mark, (what, count) in case.times.items():
        text = text.replace(mark, what * count)
    begin = {"utf-16-be": codecs.BOM_UTF16_BE, "utf-16-le": codecs.BOM_UTF16_LE, "utf-8": codecs.BOM_UTF8}
    return (begin[case.encoding] if case.mark else b"") + text.encode(case.encoding) + bytes.fromhex(case.hex)


def plain(case: Case) -> str:
    """The same document without declaration, in UTF-8."""
    declaration, end, rest = case.text.partition("?>\n")
    return rest if end and declaration.startswith("<?xml") else case.text


def _what_becomes_of(path: Path) -> str:
    case = load(path)
    try:
        redact.content(f"/opt/tomcat/{case.file}", raw(case), b"k" * 32)
    except EvidenceError as error:
        return f"refused: {error}"
    return "read"


def _in_a_process(path: Path) -> dict[str, object]:
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
        try:
            os.write(send, _what_becomes_of(path).encode()[:4000])
        except BaseException as error:  # noqa: BLE001  the parent reports it
            os.write(send, repr(error).encode()[:4000])
        os._exit(0)
    os.close(send)
    with os.fdopen(receive, "rb") as pipe:
        became = pipe.read().decode()
    _, status, usage = os.wait4(child, 0)
    return {"name": path.stem, "became": became or f"ended with {status}", "seconds": usage.ru_utime + usage.ru_stime,
            "mebibytes": usage.ru_maxrss / 1024}  # fmt: skip


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(_in_a_process(FOLDER / f"{line.strip()}.toml")), flush=True)  # noqa: T201
