"""ssh_config as an inventory: every ``Host`` that is a name."""

from __future__ import annotations

from tomcat_fleet.inventory.openssh.config import ConfigReader
from tomcat_fleet.inventory.openssh.setting import Answers
from tomcat_fleet.inventory.shelf import Shelf
from tomcat_fleet.inventory.tree import UNGROUPED, Tree
from tomcat_fleet.inventory.value import RefusedError, host_name
from tomcat_fleet.model.spelling import quoted


class OpenSshReader:
    """Reads one file into the tree."""

    def __init__(self, tree: Tree, shelf: Shelf, file: str) -> None:
        self._tree = tree
        self._shelf = shelf
        self._file = file

    def read(self, text: str) -> None:
        """Read the whole file and what it includes."""
        config = ConfigReader(self._shelf, self._file).read(text)
        answers = Answers(self._tree.ledger)
        self._tree.configs.append(config)
        for name, spot in config.aliases.items():
            try:
                host_name(name)
            except RefusedError as error:
                self._tree.ledger.fault(spot, f"host {quoted(name)}: {error}")
                continue
            if not self._tree.take(name, spot):
                continue
            host = self._tree.host(name, UNGROUPED, spot)
            host.settings.update(answers.of(config, name))
            host.config = config
