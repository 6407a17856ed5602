"""YAML with line numbers, as Ansible reads it: ``!vault`` and ``!unsafe`` are known, nothing is executed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import yaml

from tomcat_fleet.inventory.key import Vaulted
from tomcat_fleet.inventory.ledger import Ledger, Spot
from tomcat_fleet.model.spelling import quoted

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # PyYAML built without libyaml
    from yaml import SafeLoader  # type: ignore[assignment]


_LEVELS = 100
_QUOTED = re.compile(r"\s*'.*'|\s*\".*\"", re.DOTALL)
_GRAMMAR = re.compile(r"\s*'(?:[]},:?-]|<document start>)'(?: or '[]},]')?")  # what it expected, never what it found


class _Loader(SafeLoader):
    """A safe loader with Ansible's two tags."""


_Loader.add_constructor("!vault", lambda _loader, _node: Vaulted())
_Loader.add_constructor("!vault-encrypted", lambda _loader, _node: Vaulted())
_Loader.add_constructor("!unsafe", lambda _loader, node: str(node.value))


class Entry(NamedTuple):
    """One key of a mapping, its value still a node."""

    name: str
    node: yaml.Node
    spot: Spot


class Document:
    """One YAML file. Everything wrong with it goes to the ledger, with its line."""

    def __init__(self, text: str, file: str, ledger: Ledger) -> None:
        self._text = text
        self._file = file
        self._ledger = ledger
        self._loader = _Loader(text)
        self._visited: set[int] = set()
        self.root: yaml.Node | None = None
        try:
            if not self._is_too_deep(text):
                self.root = self._loader.get_single_node()
        except (yaml.YAMLError, RecursionError) as error:
            self._refuse(error)

    def _is_too_deep(self, text: str) -> bool:
        """Count levels first: libyaml's composer recurses without a limit and would take the process with it."""
        depth = 0
        for event in yaml.parse(text, Loader=_Loader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _LEVELS:
                line = event.start_mark.line + 1 if event.start_mark else 0
                self._ledger.fault(Spot(self._file, line), f"YAML: is nested more than {_LEVELS} levels deep")
                return True
        return False

    def spot(self, node: yaml.Node) -> Spot:
        """Where a node begins."""
        return Spot(self._file, node.start_mark.line + 1)

    def entries(self, node: yaml.Node) -> Iterator[Entry]:
        """Yield the entries of a mapping, anchors and merge keys resolved; a key that comes twice is noted."""
        if not isinstance(node, yaml.MappingNode):
            return
        self._note_repeated(node)
        try:
            self._loader.flatten_mapping(node)
        except (yaml.YAMLError, RecursionError) as error:
            self._refuse(error)
            return
        found: dict[str, Entry] = {}
        for key, part in node.value:
            spot = self.spot(key)
            if isinstance(key, yaml.ScalarNode):
                found[key.value] = Entry(key.value, part, spot)
            else:
                self._ledger.fault(spot, "a key has to be a plain text")
        yield from found.values()

    def _note_repeated(self, node: yaml.MappingNode) -> None:
        """Warn of repeated keys. Merging changes the node in place: only its first visit sees what was written."""
        if id(node) in self._visited:
            return
        self._visited.add(id(node))
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value != "<<":
                if key.value in seen:
                    self._ledger.warn(self.spot(key), f"{quoted(key.value)} comes twice; the later one counts")
                seen.add(key.value)

    def value(self, node: yaml.Node) -> object:
        """Return the plain value of a node; None, with a fault noted, when it has none."""
        try:
            found: object = self._loader.construct_object(node, deep=True)
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            self._refuse(error, node)
            return None
        return found

    def _refuse(self, error: Exception, node: yaml.Node | None = None) -> None:
        line, reason = (self.spot(node).line if node else 0), "is nested too deeply or holds an impossible value"
        if isinstance(error, yaml.MarkedYAMLError):
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else line
            # What PyYAML quotes may be a password: one that begins with * or ! reads as an alias or a tag.
            reason = _QUOTED.sub(_harmless, error.problem or error.context or "is malformed")
        elif isinstance(error, yaml.reader.ReaderError):
            line = self._text.encode()[: error.position].count(b"\n") + 1
            reason = "holds a character that YAML does not allow"
        self._ledger.fault(Spot(self._file, line), f"YAML: {reason}")


def _harmless(quoted: re.Match[str]) -> str:
    expected = quoted.string[: quoted.start()].endswith("expected") and _GRAMMAR.fullmatch(quoted[0])
    return quoted[0] if expected else ""


def is_empty(node: yaml.Node | None) -> bool:
    """Whether there is nothing: no document, or a null."""
    return node is None or (isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null")
