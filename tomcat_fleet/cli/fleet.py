"""The fleet that a verb is given: an inventory, cut down and reached as the options say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tomcat_fleet.cli.option import Carrier
from tomcat_fleet.errors import ConfigError
from tomcat_fleet.inventory import Inventory, load


def read_fleet(
    paths: Sequence[Path], limit: str | None, ssh_config: Path | None, transport: Carrier | None
) -> Inventory:
    """Return the inventory, every target with ``transport`` where one is given; raises ``UserError``."""
    fleet = load(paths, limit, ssh_config)
    if not fleet.targets:
        raise ConfigError("the inventory has no target" + (f" that --limit {limit!r} selects" if limit else ""))
    return fleet.carried(transport)
