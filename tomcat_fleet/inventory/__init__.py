"""Who is to be audited: inventories in TOML and in Ansible's formats, and the patterns that choose from them."""

from tomcat_fleet.inventory.loading import Inventory, load

__all__ = ["Inventory", "load"]
