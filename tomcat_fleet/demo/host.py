"""What the demo fleet consists of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tomcat_fleet.demo.trees import modern, old, packaged
from tomcat_fleet.demo.trees.modern import ALL_FLAWS, Flaw
from tomcat_fleet.demo.trees.tree import Tree


class Reach(StrEnum):
    """How a demo host answers."""

    ANSWERS = "answers"
    CLOSED = "closed"  # nothing listens on its port
    OTHER_KEY = "other-key"  # known_hosts holds another key for it


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoInstance:
    """One CATALINA_BASE, as the host would know its paths."""

    base: str
    home: str
    running: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoHost:
    """One machine of the demo."""

    name: str
    group: str
    reach: Reach = Reach.ANSWERS
    instances: tuple[DemoInstance, ...] = ()
    plant: Callable[[Tree], None] = lambda _tree: None
    guest: bool = False  # log in as an account that owns nothing
    careless: bool = False  # run as root, where the demo itself is root
    flaws: Mapping[str, frozenset[Flaw]] = field(default_factory=dict)  # base -> what is wrong there


def sound(name: str) -> DemoHost:
    """Everything as the guide wants it."""
    return tarball(name, frozenset())


def tarball(name: str, flaws: frozenset[Flaw], *, running: bool = True, careless: bool = False) -> DemoHost:
    """One instance from the archive, base and home in one, with ``flaws``."""
    base = "/opt/tomcat"

    def plant(tree: Tree) -> None:
        modern.plant_home(tree, base, modern.version_of(flaws))
        modern.plant_base(tree, base, flaws)

    return DemoHost(
        name=name,
        group="tarball",
        instances=(DemoInstance(base=base, home=base, running=running),),
        plant=plant,
        careless=careless,
        flaws={base: flaws},
    )


def two_instances(name: str) -> DemoHost:
    """One home, a sound base and a neglected one."""
    home, shop, board = "/opt/tomcat10", "/srv/tomcat/shop", "/srv/tomcat/board"
    flaws = ALL_FLAWS - {Flaw.OLD_VERSION}

    def plant(tree: Tree) -> None:
        modern.plant_home(tree, home)
        modern.plant_base(tree, shop)
        modern.plant_base(tree, board, flaws)

    return DemoHost(
        name=name,
        group="tarball",
        instances=(DemoInstance(base=shop, home=home), DemoInstance(base=board, home=home)),
        plant=plant,
        flaws={shop: frozenset(), board: flaws},
    )


def from_packages(name: str) -> DemoHost:
    """The layout of a distribution."""
    instance = DemoInstance(base=packaged.BASE, home=packaged.HOME)
    return DemoHost(name=name, group="packaged", instances=(instance,), plant=packaged.plant)


def ancient(name: str) -> DemoHost:
    """The 5.5 era."""
    instance = DemoInstance(base=old.BASE, home=old.BASE)
    return DemoHost(name=name, group="legacy", instances=(instance,), plant=old.plant)


def locked(name: str) -> DemoHost:
    """A sound host that the login account may walk through, but whose configuration it may not read."""
    base = "/opt/tomcat"

    def plant(tree: Tree) -> None:
        modern.plant_home(tree, base)
        modern.plant_base(tree, base)
        for path in tree.path(base).rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o000 if path.parent.name == "conf" else 0o644)
        tree.mode(base, 0o755)

    instance = DemoInstance(base=base, home=base)
    return DemoHost(name=name, group="tarball", instances=(instance,), plant=plant, guest=True)
