"""Files, directories and logs of an instance: the facts behind WT-04, WT-06, WT-07 and WT-12."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tomcat_fleet.model.evidence import FileStatus, Search
from tomcat_fleet.model.fact import Fact
from tomcat_fleet.model.place import Place


class Role(StrEnum):
    """What a file or directory is to the instance."""

    WEB_HOME = "web-home"  # appBase, docBase and one level below
    ADMIN_HOME = "admin-home"  # BASE, HOME, bin, lib, conf, server/, manager directories
    SCRATCH = "scratch"  # temp, work: noted only
    CONFIG = "config"
    SCRIPT = "script"
    SOURCE = "source"
    LOG = "log"
    USERS = "users"  # a user file in force
    USERS_BACKUP = "users-backup"  # .bak, ~, .old, .new, .rpmsave, dated copy
    JMX_PASSWORD = "jmx-password"  # noqa: S105 - a role


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One file or directory by name. ``Known(None)``: verified absent."""

    path: str
    role: Role
    status: Fact[FileStatus | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A permission search below a directory. ``Known(None)``: the directory does not exist."""

    root: str
    role: Role
    limit: int  # allowed permission bits of the objects searched
    search: Fact[Search | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owners:
    """Who may own the instance's files."""

    uids: frozenset[int]  # the process uids and the resolved was_accounts
    names: tuple[str, ...]  # for display
    known: Fact[None]  # Unknown: neither a process, a unit nor the inventory tells the account


class LogTarget(StrEnum):
    """Where a log goes."""

    FILE = "file"
    STDOUT = "stdout"
    JOURNAL = "journal"
    REMOTE = "remote"
    CUSTOM = "custom"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessLog:
    """One AccessLogValve (or a sibling class) on an Engine, Host or Context."""

    class_name: str
    target: LogTarget
    directory: str
    prefix: str
    place: Place
    files: Fact[tuple[str, ...]]  # names in the directory that begin with the prefix


@dataclass(frozen=True, slots=True, kw_only=True)
class Logs:
    """All log destinations of an instance."""

    access: Fact[tuple[AccessLog, ...]]
    error_target: Fact[LogTarget]  # where container messages go
    error_files: Fact[tuple[str, ...]]  # paths of container log files found
    directories: tuple[Stored, ...]
    trees: tuple[Tree, ...]
    umask: str  # as configured, display only; "" when nothing is set
