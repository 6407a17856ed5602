"""What was seen on a target. Paths are text as ``escape.from_bytes`` makes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from tomcat_fleet.model.fact import Fact, Known
from tomcat_fleet.model.secret import SecretFacts


class Verb(StrEnum):
    """The questions that a collector can be asked about a path."""

    STATUS = "status"  # -> FileStatus | None
    CONTENT = "content"  # -> Content | None
    LISTING = "listing"  # -> tuple[str, ...] | None: names in a directory, sorted
    SEARCH = "search"  # -> Search | None: permission search below a directory; detail: SearchKind
    MEMBER = "member"  # -> Content | None: a file inside an archive; detail: member name
    FRAGMENTS = "fragments"  # -> tuple[Content, ...] | None: web fragments of the jars inside a packed application
    PACKAGE = "package"  # -> Package | None: the distribution package that owns the file
    ACCOUNT = "account"  # -> Account | None, kept in Evidence.accounts; path: a name or a decimal uid


class SearchKind(StrEnum):
    """Permission searches, evaluated on the target so that a large tree never travels."""

    SOURCE_FILES = "source-files"  # regular files with a bit outside 0644
    LOG_FILES = "log-files"  # regular files with a bit outside 0640
    CONFIG_FILES = "config-files"  # regular files with a bit outside 0700
    SCRIPT_FILES = "script-files"  # regular files writable by group or others (07022)
    DIRECTORIES_744 = "directories-744"  # directories below with a bit outside 0744
    DIRECTORIES_740 = "directories-740"  # directories below with a bit outside 0740


SEARCH_LIMITS: Mapping[SearchKind, int] = {
    SearchKind.SOURCE_FILES: 0o644,
    SearchKind.LOG_FILES: 0o640,
    SearchKind.CONFIG_FILES: 0o700,
    SearchKind.SCRIPT_FILES: 0o755,
    SearchKind.DIRECTORIES_744: 0o744,
    SearchKind.DIRECTORIES_740: 0o740,
}


class Question(NamedTuple):
    """One question to a collector; the key under which its answer is kept."""

    verb: Verb
    path: str
    detail: str = ""


class FileKind(StrEnum):
    """Type of a file-system object."""

    FILE = "file"
    DIRECTORY = "directory"
    LINK = "link"  # only for a link whose target does not exist or must not be followed
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStatus:
    """stat of what ``path`` leads to; links are followed and reported beside it."""

    path: str
    real_path: str
    kind: FileKind
    mode: int  # permission and special bits, mode & 0o7777
    uid: int
    gid: int
    user: str = ""  # display only
    group: str = ""  # display only
    size: int = 0
    mtime: int = 0  # seconds since 1970 on the target's clock
    acl: bool | None = False  # ls shows an ACL marker: the group bits are a mask; None: nothing there tells
    link_target: str | None = None  # text of the link when ``path`` itself is one


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Redacted text of a file.

    Every secret value was replaced by ``[redacted:N]`` where N indexes ``secrets``; XML comments are emptied. Line
    numbers are those of the original. ``sha256`` is that of the original bytes when nothing was redacted, else that
    of the redacted text, so that a hash can never serve to guess a password.
    """

    path: str
    text: str
    sha256: str
    size: int
    secrets: tuple[SecretFacts, ...] = ()
    redacted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Result of one permission search below ``root`` (the root itself excluded, links not followed).

    ``excess`` and ``foreign`` hold at most the collector's row cap; the totals are complete counts.
    """

    root: str
    kind: SearchKind
    total: int  # objects of the searched type below root
    excess_total: int
    excess: tuple[FileStatus, ...] = ()
    owners: Mapping[int, int] = field(default_factory=dict)  # uid -> number of objects
    foreign: tuple[FileStatus, ...] = ()  # samples owned by neither root nor the collector's expected accounts
    acls: tuple[str, ...] = ()  # paths that carry an ACL marker, capped
    links: tuple[str, ...] = ()  # symbolic links found below root, capped; not followed
    excess_modes: Mapping[int, int] = field(default_factory=dict)  # mode -> number of objects in excess, complete


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """The package database's answer for a file."""

    manager: str  # dpkg, rpm, apk
    name: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One process. ``argv`` is redacted; ``argv_complete`` is false when the platform cut it."""

    pid: int
    ppid: int
    uid: int  # effective
    user: str
    argv: tuple[str, ...]
    argv_complete: bool = True
    options_before: tuple[str, ...] = ()  # of JAVA_TOOL_OPTIONS and the like: the command line wins over them
    options_after: tuple[str, ...] = ()  # of _JAVA_OPTIONS, which wins over the command line
    environment_known: bool = True  # false: there may be more of both
    exe: str | None = None
    cwd: str | None = None
    root: str | None = None  # other than / when the process lives in a container or chroot
    started: int | None = None  # seconds since 1970 on the target's clock
    jars: tuple[str, ...] | None = None  # copies of catalina.jar that it has open, by the kernel; None: hidden


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessTable:
    """Processes that may be Tomcat. ``complete`` is false when the kernel hides other accounts' processes."""

    processes: tuple[Process, ...]
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account of the target, asked for each uid that runs a candidate process and each name a unit gives."""

    uid: int
    name: str
    gid: int
    shell: str
    groups: tuple[str, ...]


class CandidateOrigin(StrEnum):
    """Where a candidate base came from."""

    INVENTORY = "inventory"
    SEARCH = "search"  # conf/server.xml found in the usual places


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A directory that may be a CATALINA_BASE."""

    path: str
    origin: CandidateOrigin


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFacts:
    """The machine and how it was read."""

    os: str  # lower-case kernel name: linux, sunos, freebsd …
    kernel: str = ""
    release: str = ""  # PRETTY_NAME of os-release, or uname -v
    hostname: str = ""
    clock: str = ""  # target's UTC time, 2026-11-23T17:50:14Z
    login_user: str = ""
    login_uid: int = -1
    become: str | None = None  # method that was used successfully
    become_denied: bool = False  # escalation was allowed by the inventory and refused by the target
    become_reason: str = ""  # why, in our own words
    collector: str = ""  # version and hash of the script
    tools: tuple[str, ...] = ()  # e.g. "stat=gnu", "encode=base64"


Answer: TypeAlias = (
    Fact[FileStatus | None]
    | Fact[Content | None]
    | Fact[tuple[str, ...] | None]
    | Fact[tuple[Content, ...] | None]
    | Fact[Search | None]
    | Fact[Package | None]
)


def contents_of(answer: Answer) -> tuple[Content, ...]:
    """Every text that an answer brings."""
    value = answer.value if isinstance(answer, Known) else None
    found = value if isinstance(value, tuple) else (value,)
    return tuple(item for item in found if isinstance(item, Content))


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything seen on one target, redacted. A question absent from ``answers`` was never asked."""

    host: HostFacts
    processes: Fact[ProcessTable]
    accounts: Mapping[str, Fact[Account | None]]  # keyed by name and by decimal uid
    candidates: tuple[Candidate, ...]
    search_complete: Fact[None]  # Unknown when the usual places could not all be searched
    units: tuple[str, ...]  # paths of unit, init, default and sysconfig files whose content was collected
    enabled_units: frozenset[str]  # unit names that a *.wants or *.requires directory starts at boot
    answers: Mapping[Question, Answer]
