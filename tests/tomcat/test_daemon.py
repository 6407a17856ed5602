"""Processes, units and owners of an instance."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.virtual_host import VirtualHost
from tomcat_fleet.model.daemon import DaemonKind
from tomcat_fleet.model.fact import Gap, Known, Unknown
from tomcat_fleet.model.storage import Owners
from tomcat_fleet.model.target import InstanceHint, Target
from tomcat_fleet.tomcat import daemon
from tomcat_fleet.tomcat.command_line import BOOTSTRAP
from tomcat_fleet.tomcat.discovery import Seed, discover
from tomcat_fleet.tomcat.reader import Reader

HINT = InstanceHint(base="/opt/a")
TARGET = Target(name="a", address="192.0.2.1", instances=(HINT,))
ARGV = ["jsvc.exec", "-user", "tomcat", "-Dcatalina.base=/opt/a", "-Dcatalina.home=/opt/a", BOOTSTRAP]


def host_with(uid: int = 998) -> VirtualHost:
    host = VirtualHost()
    host.account(998, "tomcat", groups=("tomcat", "docker"))
    host.account(1001, "deploy")
    host.directory("/opt/a", uid=uid)
    return host


def seed_of(host: VirtualHost, target: Target = TARGET) -> tuple[Reader, Seed]:
    reader = Reader(host.evidence(target))
    (seed,) = discover(reader, target).seeds
    return reader, seed


def owners(host: VirtualHost, target: Target = TARGET) -> Owners:
    reader, seed = seed_of(host, target)
    return daemon.owners(reader, seed, target)


def test_jsvc_keeps_its_controller_apart_from_its_child() -> None:
    host = host_with()
    host.process(20, 0, ARGV, exe="/usr/bin/jsvc")
    host.process(21, 998, ARGV, ppid=20, exe="/usr/bin/jsvc")
    reader, seed = seed_of(host)
    found = daemon.daemons(reader, seed, TARGET)
    assert isinstance(found, Known)
    assert [(item.kind, item.process.uid) for item in found.value] == [
        (DaemonKind.JSVC_CONTROLLER, 0),
        (DaemonKind.JSVC_CHILD, 998),
    ]
    assert [
        account.name for item in found.value if isinstance(item.account, Known) and (account := item.account.value)
    ] == ["root", "tomcat"]
    assert seed.lead
    assert seed.lead.process.pid == 21
    assert owners(host) == Owners(uids=frozenset({998}), names=("tomcat",), known=Known(None))


def test_two_bases_keep_their_own_processes() -> None:
    host = host_with()
    host.directory("/opt/b")
    host.java("/opt/a", pid=5, uid=998)
    host.java("/opt/b", pid=6, uid=0)
    target = replace(TARGET, instances=())
    reader = Reader(host.evidence(target))
    seeds = discover(reader, target).seeds
    assert [[launch.process.uid for launch in seed.launches] for seed in seeds] == [[998], [0]]


def test_a_stopped_instance_has_no_daemons_and_takes_its_owner_from_the_unit() -> None:
    host = host_with()
    text = "[Service]\nUser=tomcat\nEnvironment=CATALINA_BASE=/opt/a\n"
    host.unit("/etc/systemd/system/t.service", text)
    reader, seed = seed_of(host)
    assert daemon.daemons(reader, seed, TARGET) == Known(())
    assert [unit.user for unit in daemon.units(seed)] == ["tomcat"]
    assert owners(host).uids == {998}


def test_a_unit_without_user_makes_root_the_owner() -> None:
    host = host_with()
    host.unit("/etc/systemd/system/t.service", "[Service]\nEnvironment=CATALINA_BASE=/opt/a\n")
    assert owners(host).uids == {0}


def test_the_inventory_s_accounts_are_added() -> None:
    host = host_with()
    host.java("/opt/a")
    hint = replace(HINT, was_accounts=("deploy", "nobody-has-this"))
    found = owners(host, replace(TARGET, instances=(hint,), was_accounts=("1001",)))
    assert found == Owners(uids=frozenset({998, 1001}), names=("deploy", "tomcat"), known=Known(None))


def test_nothing_tells_the_account() -> None:
    assert isinstance(owners(host_with()).known, Unknown)


def test_an_account_that_does_not_exist_is_a_gap() -> None:
    found = owners(host_with(), replace(TARGET, was_accounts=("absent",)))
    assert found.known == Unknown(Gap.MISSING, "account absent")


def test_a_planted_process_does_not_become_an_owner() -> None:
    host = host_with(uid=998)
    host.java("/opt/a", uid=998)
    host.java("/opt/a", pid=4001, uid=1001)
    assert owners(host).uids == {998}


def test_a_planted_process_does_not_lead() -> None:
    host = host_with(uid=998)
    host.java("/opt/a", home="/tmp/evil", pid=1, uid=1001)
    host.java("/opt/a", pid=2, uid=998)
    _, seed = seed_of(host)
    assert seed.lead
    assert (seed.lead.process.pid, seed.home) == (2, "/opt/a")


def test_two_strangers_that_claim_a_base_are_both_doubted() -> None:
    host = host_with(uid=500)
    host.java("/opt/a", home="/tmp/evil", pid=1, uid=1001)
    host.java("/opt/a", pid=2, uid=998)
    _, seed = seed_of(host)
    assert (seed.lead, seed.home) == (None, "/opt/a")


def test_one_stranger_is_believed() -> None:
    host = host_with(uid=1001)
    host.java("/opt/a", home="/opt/h", pid=2, uid=998)
    _, seed = seed_of(host)
    assert seed.home == "/opt/h"
    assert owners(host).uids == {998}


def test_a_hidden_process_table_leaves_the_daemons_unknown() -> None:
    host = host_with()
    host.table_complete = False
    reader, seed = seed_of(host)
    assert isinstance(daemon.daemons(reader, seed, TARGET), Unknown)


@pytest.mark.parametrize(
    ("owner", "more", "accounts", "unit", "vouched"),
    [
        (998, {}, (), "", True),
        (0, {}, (), "", False),
        (1001, {}, (), "", False),
        (0, {"logs": 998}, (), "", True),
        (1001, {"work": 998}, (), "", True),
        (0, {"conf": 998}, (), "", False),
        (0, {}, ("tomcat",), "", True),
        (0, {}, ("deploy",), "", False),
        (0, {}, (), "tomcat", True),
        (0, {}, (), "deploy", False),
    ],
)
def test_something_of_the_instance_vouches_for_the_account_of_its_process(
    owner: int,
    more: dict[str, int],
    accounts: tuple[str, ...],
    unit: str,
    vouched: bool,  # noqa: FBT001 - a table
) -> None:
    host = host_with(uid=owner)
    host.java("/opt/a", uid=998)
    for name, uid in more.items():
        host.directory(f"/opt/a/{name}", uid=uid)
    if unit:
        host.unit("/etc/systemd/system/t.service", f"[Service]\nEnvironment=CATALINA_BASE=/opt/a\nUser={unit}\n")
    target = replace(TARGET, was_accounts=accounts)
    reader, seed = seed_of(host, target)
    found = daemon.daemons(reader, seed, target)
    assert isinstance(found, Known)
    assert [one.vouched for one in found.value] == [vouched]
