"""All log destinations of one instance, their directories and files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from tomcat_fleet.model.evidence import SEARCH_LIMITS, FileKind, FileStatus, Search, SearchKind
from tomcat_fleet.model.fact import Fact, Known, Unknown
from tomcat_fleet.model.storage import AccessLog, Logs, LogTarget, Role, Stored, Tree
from tomcat_fleet.tomcat import path as paths
from tomcat_fleet.tomcat.access_log import access_logs, named
from tomcat_fleet.tomcat.config import Config
from tomcat_fleet.tomcat.container_log import LogFiles, container_log
from tomcat_fleet.tomcat.context import Contexts
from tomcat_fleet.tomcat.discovery import Seed
from tomcat_fleet.tomcat.reader import Reader
from tomcat_fleet.tomcat.start import Start

_LIMIT = SEARCH_LIMITS[SearchKind.LOG_FILES]
_SHARED = frozenset({"/", "/var", "/var/log", "/tmp", "/var/tmp", "/opt", "/home", "/root"})  # noqa: S108 - compared only


def logs(reader: Reader, config: Config, seed: Seed, start: Start, contexts: Contexts) -> Logs:
    """Access logs, container logs, every directory they are in and the permissions of the files there."""
    access = access_logs(reader, config, contexts)
    container = container_log(reader, config, seed, start)
    files = (*_access_files(access), *container.files)
    directories = _directories(reader, seed, files, container.output)
    files = (*files, container.output)
    return Logs(
        access=access,
        error_target=container.target,
        error_files=container.found(reader),
        directories=tuple(Stored(path=path, role=Role.LOG, status=reader.status(path)) for path in directories),
        trees=tuple(_tree(reader, seed, path, files) for path in directories),
        umask=start.umask(seed),
    )


def _access_files(access: Fact[tuple[AccessLog, ...]]) -> Iterator[LogFiles]:
    for log in access.value if isinstance(access, Known) else ():
        if log.target is LogTarget.FILE and "${" not in log.directory:
            yield LogFiles(log.directory, log.prefix)


def _directories(reader: Reader, seed: Seed, files: Iterable[LogFiles], output: LogFiles) -> tuple[str, ...]:
    """Each directory once, by its real path. BASE/logs and that of catalina.out only count when they may exist."""
    usual = [path for path in (f"{seed.base}/logs", output.directory) if _may_exist(reader, path)]
    once = {paths.real(reader, path): path for path in (*usual, *(item.directory for item in files))}
    return tuple(sorted(once.values()))


def _may_exist(reader: Reader, path: str) -> bool:
    status = reader.status(path)
    return isinstance(status, Unknown) or status.value is not None


def _tree(reader: Reader, seed: Seed, directory: str, files: Iterable[LogFiles]) -> Tree:
    """Search the directory; in one that others share only the files that are this instance's."""
    root = paths.real(reader, directory)
    if root in _SHARED or paths.is_below(seed.base, root) or paths.is_below(seed.home, root):
        prefixes = tuple(item.prefix for item in files if paths.real(reader, item.directory) == root)
        return Tree(root=root, role=Role.LOG, limit=_LIMIT, search=_own_files(reader, root, prefixes))
    return Tree(root=root, role=Role.LOG, limit=_LIMIT, search=reader.search(root, SearchKind.LOG_FILES))


def _own_files(reader: Reader, root: str, prefixes: tuple[str, ...]) -> Fact[Search | None]:
    """Put together from single files what a search would have said about them alone."""
    rows: dict[str, FileStatus] = {}
    for prefix in prefixes:
        names = named(reader, root, prefix)
        if isinstance(names, Unknown):
            return names
        for name in names.value:
            status = reader.status(paths.absolute(name, root))
            if isinstance(status, Unknown):
                return status
            if status.value is not None and status.value.kind is FileKind.FILE:
                rows[name] = status.value
    excess = tuple(row for row in rows.values() if row.mode & ~_LIMIT)
    return Known(
        Search(
            root=root,
            kind=SearchKind.LOG_FILES,
            total=len(rows),
            excess_total=len(excess),
            excess=excess,
            owners=Counter(row.uid for row in rows.values()),
            foreign=tuple(row for row in rows.values() if row.uid),
            acls=tuple(row.path for row in rows.values() if row.acl is not False),
            excess_modes=Counter(row.mode for row in excess),
        )
    )
