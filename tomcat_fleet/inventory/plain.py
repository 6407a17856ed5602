"""A list of machines: one ``[user@]host[:port]`` a line, ranges and comments allowed."""

from __future__ import annotations

from tomcat_fleet.inventory.ini import members
from tomcat_fleet.inventory.key import settle
from tomcat_fleet.inventory.ledger import Spot
from tomcat_fleet.inventory.tree import UNGROUPED, Tree


class PlainReader:
    """Reads one file into the tree."""

    def __init__(self, tree: Tree, file: str) -> None:
        self._tree = tree
        self._file = file
        self._ledger = tree.ledger

    def read(self, text: str) -> None:
        """Read every line; faults go to the ledger and reading goes on."""
        for number, line in enumerate(text.split("\n"), 1):
            words = line.split(None, 1)
            if not words or words[0][0] in "#;":
                continue
            spot = Spot(self._file, number)
            if len(words) > 1 and words[1][0] not in "#;":
                self._ledger.fault(spot, "one host a line: [user@]host[:port], and a comment behind #")
            else:
                self._entry(words[0], spot)

    def _entry(self, word: str, spot: Spot) -> None:
        account, at, pattern = word.rpartition("@")
        hosts = [host for host in members(self._tree, pattern, UNGROUPED, spot) if self._tree.take(host.name, spot)]
        setting = settle("ansible_user", account, spot, self._ledger) if at else None
        for host in hosts if setting else ():
            assert setting is not None
            self._tree.put(host, setting)
