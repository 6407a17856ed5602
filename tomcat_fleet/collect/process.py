"""Processes as the collector prints them."""

from __future__ import annotations

import shlex
from dataclasses import replace

from tomcat_fleet.collect import argument
from tomcat_fleet.model import escape
from tomcat_fleet.model.evidence import Account, Process, ProcessTable
from tomcat_fleet.model.fact import Fact, Known

_OLD_KERNEL_CUTS = 4096  # before 4.2 Linux kept one page of an argument list
_DELETED = " (deleted)"


def from_proc(parts: list[bytes], ticks: bytes, boot: bytes) -> Process | None:
    """Process from the contents of its /proc directory, in the order the script prints them.

    None when it ended while it was being read. Raises ``ValueError`` for anything that is not such a record.
    """
    pid, status, stat, exe, cwd, root, jars, options, cmdline = parts
    if not status or not cmdline:
        return None
    fields = dict(line.split(b":", 1) for line in status.split(b"\n") if b":" in line)
    if not fields.keys() >= {b"Uid", b"PPid"}:
        raise ValueError("status without Uid and PPid")
    uid = int(fields[b"Uid"].split()[1])
    argv = cmdline.removesuffix(b"\0").split(b"\0")
    before, after = _options(options.split(b"\n"))
    return Process(
        pid=int(pid),
        ppid=int(fields[b"PPid"]),
        uid=uid,
        user="",
        argv=argument.redacted(argv, program=(_link(exe) or "").removesuffix(_DELETED)),
        argv_complete=cmdline.endswith(b"\0") and len(cmdline) != _OLD_KERNEL_CUTS,
        options_before=before,
        options_after=after,
        environment_known=b"//read" in options.split(b"\n"),
        exe=_link(exe),
        cwd=_directory(cwd),
        root=_root(root, fields.get(b"NSpid", b"")),
        started=_started(stat, ticks, boot),
        jars=_jars(jars),
    )


def _options(lines: list[bytes]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Options that the JVM takes from its environment: those before and those after its arguments."""
    before: list[bytes] = []
    after: list[bytes] = []
    for name, _, value in (line.partition(b"=") for line in lines):
        if name != b"//read":
            (after if name == b"_JAVA_OPTIONS" else before).extend(_words(value))
    return tuple(argument.redacted([b"java", *words])[1:] for words in (before, after))  # type: ignore[return-value]


def _words(value: bytes) -> list[bytes]:
    text = value.decode("utf-8", "surrogateescape")
    try:
        return [word.encode("utf-8", "surrogateescape") for word in shlex.split(text)]
    except ValueError:
        return value.split()


def _directory(raw: bytes) -> str | None:
    """A working directory; None for one that was deleted, for its path may lead to another one by now."""
    path = _link(raw)
    return None if path is None or path.endswith(_DELETED) else path


def _root(raw: bytes, pids: bytes) -> str | None:
    """Root directory when it is not the host's. After pivot_root the link reads "/"; a nested pid tells it then."""
    root = _link(raw)
    if root not in {None, "/"}:
        return root
    return "(pid namespace)" if len(pids.split()) > 1 else None


def _link(raw: bytes) -> str | None:
    return escape.from_bytes(raw.strip(b"\n")) or None


def _jars(raw: bytes) -> tuple[str, ...] | None:
    """Targets of the links that ``ls -l`` prints; None when the directory may not be seen."""
    if not raw:
        return None
    names = {escape.from_bytes(line.partition(b" -> ")[2]) for line in raw.split(b"\n") if b" -> " in line}
    return tuple(sorted(names))


def _started(stat: bytes, ticks: bytes, boot: bytes) -> int | None:
    after = stat.rpartition(b")")[2].split()  # the command in parentheses may hold blanks
    try:
        return int(boot) + int(after[19]) // int(ticks)
    except (ValueError, IndexError, ZeroDivisionError):
        return None


_PS_CUTS = frozenset({80, 128, 1020, 1024, 2048, 4096})


def from_ps(line: bytes) -> Process:
    """Process from a line of ``ps -o pid,ppid,uid,args``."""
    pid, ppid, uid, args = line.split(None, 3)
    return Process(
        pid=int(pid),
        ppid=int(ppid),
        uid=int(uid),
        user="",
        argv=argument.redacted(args.split(), split=True),
        argv_complete=len(args) not in _PS_CUTS and len(line) not in _PS_CUTS,
        environment_known=False,
    )


def with_user_names(table: ProcessTable, accounts: dict[str, Fact[Account | None]]) -> ProcessTable:
    """The table with account names for display."""

    def name(uid: int) -> str:
        fact = accounts.get(str(uid))
        return fact.value.name if isinstance(fact, Known) and fact.value else ""

    return replace(table, processes=tuple(replace(p, user=name(p.uid)) for p in table.processes))
