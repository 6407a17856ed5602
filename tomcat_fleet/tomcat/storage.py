"""Directories and files of one instance that WT-06 and WT-07 are about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from tomcat_fleet.model.evidence import SEARCH_LIMITS, FileKind, SearchKind
from tomcat_fleet.model.fact import Fact, Known, Unknown
from tomcat_fleet.model.secret import SecretForm
from tomcat_fleet.model.storage import Role, Stored, Tree
from tomcat_fleet.tomcat import path as paths
from tomcat_fleet.tomcat.config import Config
from tomcat_fleet.tomcat.reader import Reader

_HOME_PARTS = ("bin", "lib", "conf", "server", "common", "shared")
_SCRATCH = ("temp", "work")
_CREDENTIAL_FILES = ("META-INF/context.xml", "WEB-INF/web.xml")
_MANY = 1000  # entries of one directory that are looked at singly; beyond, the target searches itself


@dataclass(frozen=True, slots=True)
class Roots:
    """Where web applications lie. ``unknown``: an appBase or the whole list that could not be established."""

    app_bases: tuple[str, ...]
    doc_bases: tuple[str, ...]  # exploded applications other than Tomcat's administration
    admin_bases: tuple[str, ...]  # docBases of manager, host-manager, admin
    archives: tuple[str, ...] = ()  # .war files outside every appBase
    unknown: tuple[Unknown, ...] = ()

    @property
    def applications(self) -> tuple[str, ...]:
        """Every docBase."""
        return (*self.doc_bases, *self.admin_bases)


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """Fields of ``Instance`` of the same names."""

    directories: Fact[tuple[Stored, ...]]
    directory_trees: tuple[Tree, ...]
    config_trees: tuple[Tree, ...]
    config_files: Fact[tuple[Stored, ...]]
    script_trees: tuple[Tree, ...]
    source_trees: tuple[Tree, ...]


@dataclass(slots=True)
class _Collected:
    """Stored objects, each real path once; the first role stays."""

    reader: Reader
    found: dict[str, Stored] = field(default_factory=dict)

    def add(self, path: str, role: Role, *, required: bool = False) -> None:
        """Add a path. One whose absence is verified is left out unless ``required``."""
        status = self.reader.status(path)
        if isinstance(status, Known) and status.value is None and not required:
            return
        self.found.setdefault(paths.real(self.reader, path), Stored(path=path, role=role, status=status))

    def gap(self, path: str, role: Role, gap: Unknown) -> None:
        """Add something that could not even be named or listed."""
        self.found.setdefault(path, Stored(path=path, role=role, status=gap))

    def all(self) -> tuple[Stored, ...]:
        """Return what was collected, in order."""
        return tuple(self.found.values())


def storage(reader: Reader, config: Config, roots: Roots) -> Storage:
    """Everything that has permissions to be judged, except logs and password files."""
    directories, trees = _directories(reader, config, roots)
    config_trees = _config_trees(reader, config)
    return Storage(
        directories=Known(directories),
        directory_trees=trees,
        config_trees=config_trees,
        config_files=Known(_config_files(reader, config, roots, config_trees)),
        script_trees=tuple(
            _tree(reader, path, Role.SCRIPT, SearchKind.SCRIPT_FILES)
            for path in _existing(reader, _both(config, "bin"))
        ),
        source_trees=_source_trees(reader, roots),
    )


def _both(config: Config, part: str) -> tuple[str, ...]:
    return (f"{config.base}/{part}", f"{config.home}/{part}")


def _existing(reader: Reader, candidates: Iterable[str]) -> tuple[str, ...]:
    """Real paths of the directories that are not verified absent, each once, without those inside another."""
    known = (path for path in candidates if reader.status(path) != Known(None))
    return paths.outermost(paths.real(reader, path) for path in known)


def _tree(reader: Reader, root: str, role: Role, kind: SearchKind) -> Tree:
    return Tree(root=root, role=role, limit=SEARCH_LIMITS[kind], search=reader.search(root, kind))


def _directories(reader: Reader, config: Config, roots: Roots) -> tuple[tuple[Stored, ...], tuple[Tree, ...]]:
    found = _Collected(reader)
    for root in (config.base, config.home):
        found.add(root, Role.ADMIN_HOME, required=True)
    for part in _HOME_PARTS:
        for path in _both(config, part):
            found.add(path, Role.ADMIN_HOME)
    for path in roots.admin_bases:
        found.add(path, Role.ADMIN_HOME)
    for path in (*roots.app_bases, *roots.doc_bases):
        found.add(path, Role.WEB_HOME)
    trees = tuple(tree for path in (*roots.app_bases, *roots.doc_bases) for tree in _one_level_below(found, path))
    for gap in roots.unknown:
        found.gap(gap.source, Role.WEB_HOME, gap)
    for part in _SCRATCH:
        found.add(f"{config.base}/{part}", Role.SCRATCH)
    return found.all(), trees


def _one_level_below(found: _Collected, root: str) -> Iterator[Tree]:
    """Add the directories in ``root``; a search instead where they cannot be listed or are too many."""
    names = found.reader.listing(root)
    if isinstance(names, Unknown):
        yield Tree(root=root, role=Role.WEB_HOME, limit=SEARCH_LIMITS[SearchKind.DIRECTORIES_744], search=names)
        return
    entries = names.value or ()
    if len(entries) > _MANY:
        yield _tree(found.reader, root, Role.WEB_HOME, SearchKind.DIRECTORIES_744)
        return
    for name in entries:
        path = paths.absolute(name, root)
        status = found.reader.status(path)
        if isinstance(status, Unknown) or (status.value and status.value.kind is FileKind.DIRECTORY):
            found.add(path, Role.WEB_HOME)


def _config_trees(reader: Reader, config: Config) -> tuple[Tree, ...]:
    """Search conf itself, and every directory that a link inside it leads to."""
    roots = [paths.real(reader, f"{config.base}/conf")]
    trees: list[Tree] = []
    while roots:
        root = roots.pop(0)
        if any(paths.is_below(root, tree.root) for tree in trees) or (trees and paths.is_below(config.base, root)):
            continue
        tree = _tree(reader, root, Role.CONFIG, SearchKind.CONFIG_FILES)
        trees.append(tree)
        roots.extend(_linked(reader, tree, FileKind.DIRECTORY))
    return tuple(trees)


def _linked(reader: Reader, tree: Tree, kind: FileKind) -> Iterator[str]:
    links = tree.search.value.links if isinstance(tree.search, Known) and tree.search.value else ()
    for link in links:
        status = reader.status(link)
        if isinstance(status, Known) and status.value and status.value.kind is kind:
            yield status.value.real_path


def _config_files(reader: Reader, config: Config, roots: Roots, trees: Sequence[Tree]) -> tuple[Stored, ...]:
    found = _Collected(reader)
    for folder in _both(config, "bin"):
        _add_setenv(found, folder)
    for link in (link for tree in trees for link in _file_links(reader, tree)):
        found.add(link, Role.CONFIG)
    for path in roots.archives:
        found.add(path, Role.SOURCE)
    for path in (f"{root}/{name}" for root in roots.applications for name in _CREDENTIAL_FILES):
        if _holds_credential(reader, path):
            found.add(path, Role.CONFIG)
    return found.all()


def _add_setenv(found: _Collected, folder: str) -> None:
    names = found.reader.listing(folder)
    if isinstance(names, Unknown):
        found.gap(f"{folder}/setenv.sh", Role.CONFIG, names)
        return
    for name in names.value or ():
        if name.startswith("setenv."):
            found.add(f"{folder}/{name}", Role.CONFIG)


def _file_links(reader: Reader, tree: Tree) -> Iterator[str]:
    """Links inside conf that lead to a file, or to what could not be told."""
    links = tree.search.value.links if isinstance(tree.search, Known) and tree.search.value else ()
    for link in links:
        status = reader.status(link)
        if isinstance(status, Unknown) or (status.value and status.value.kind is FileKind.FILE):
            yield link


def _holds_credential(reader: Reader, path: str) -> bool:
    content = reader.content(path)
    secrets = content.value.secrets if isinstance(content, Known) and content.value else ()
    return any(secret.length and secret.form is not SecretForm.PLACEHOLDER for secret in secrets)


def _source_trees(reader: Reader, roots: Roots) -> tuple[Tree, ...]:
    """Each appBase, and each application that lies outside of them."""
    found = _existing(reader, (*roots.app_bases, *roots.applications))
    kind = SearchKind.SOURCE_FILES
    gaps = (gap for gap in roots.unknown if gap.source not in found)
    return (
        *(_tree(reader, root, Role.SOURCE, kind) for root in found),
        *(Tree(root=gap.source, role=Role.SOURCE, limit=SEARCH_LIMITS[kind], search=gap) for gap in gaps),
    )
