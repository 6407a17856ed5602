"""Transports, profiles and jump lists that cannot be served are named before the first connection."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.transport.reach import open_channel
from tomcat_fleet.errors import ConfigError, Fault, TargetError
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Become, Target
from tomcat_fleet.transport.access import load_access
from tomcat_fleet.transport.channel import Limits
from tomcat_fleet.transport.open import check_transports
from tomcat_fleet.transport.threaded.offer import unable

WEB = Target(name="web01", address="192.0.2.10", source="hosts.toml:7")


def test_what_is_served_passes() -> None:
    check_transports([WEB, replace(WEB, transport="local"), replace(WEB, ssh_profile="legacy-2005", jump="a,b:23")])


def test_everything_else_is_listed_with_its_line() -> None:
    targets = [
        replace(WEB, transport="winrm"),
        replace(WEB, name="web02", ssh_profile="ancient", jump="host:", source="hosts.toml:9"),
        replace(WEB, name="web03", transport="telnet", source=""),
        replace(WEB, name="web04", become=Become(method="runas"), source="hosts.toml:11"),
    ]
    with pytest.raises(ConfigError) as caught:
        check_transports(targets)
    assert caught.value.faults == (
        Fault("", 0, "web03: transport 'telnet' is not part of this release; use asyncssh, paramiko, local"),
        Fault("hosts.toml", 7, "web01: transport 'winrm' is not part of this release; use asyncssh, paramiko, local"),
        Fault("hosts.toml", 9, "web02: not a jump host: 'host:'; user@host:port is expected"),
        Fault("hosts.toml", 9, "web02: ssh_profile 'ancient' does not exist; use modern, legacy-2012, legacy-2005"),
        Fault(
            "hosts.toml",
            11,
            "web04: escalation by 'runas' is not part of this release; use sudo, su, doas, dzdo, pbrun",
        ),
    )


@pytest.mark.parametrize("profile", ["legacy-2012", "legacy-2005"])
def test_a_profile_that_the_installed_paramiko_lacks_is_refused_with_its_line(profile: str) -> None:
    old = replace(WEB, transport="paramiko", ssh_profile=profile)
    check_transports([replace(old, transport="asyncssh"), replace(old, ssh_profile="modern")])
    lacking = unable(profile)
    if lacking is None:
        check_transports([old])
        return
    with pytest.raises(ConfigError) as caught:
        check_transports([old])
    assert caught.value.faults == (Fault("hosts.toml", 7, f"web01: {lacking}"),)


@pytest.mark.parametrize("profile", ["legacy-2012", "legacy-2005"])
def test_a_jump_host_is_reached_as_the_targets_are(profile: str) -> None:
    gate = Target(name="gate", address="192.0.2.1", ssh_profile=profile, source="hosts.toml:2")
    jumps = {"inner": replace(WEB, name="inner", jump="gate"), "gate": gate, "unused": replace(gate, name="unused")}
    target = replace(WEB, transport="paramiko", jump="inner")
    check_transports([replace(target, transport="asyncssh")], jumps)
    check_transports([replace(target, jump=None)], jumps)
    lacking = unable(profile)
    if lacking is None:
        check_transports([target], jumps)
        return
    with pytest.raises(ConfigError) as caught:
        check_transports([target], jumps)
    assert caught.value.faults == (Fault("hosts.toml", 2, f"gate: {lacking}"),)


async def test_an_unchecked_transport_is_not_run() -> None:
    with pytest.raises(TargetError) as caught:
        await open_channel(replace(WEB, transport="winrm"), load_access([replace(WEB, transport="local")]), Limits())
    assert caught.value.outcome is Outcome.NOT_RUN


def test_this_machine_is_one_target() -> None:
    here = replace(WEB, transport="local")
    check_transports([here, replace(here, name="again"), replace(WEB, name="web03", address="192.0.2.12")])
    with pytest.raises(ConfigError) as caught:
        check_transports([here, replace(here, name="web02", address="192.0.2.11", source="hosts.toml:9"), WEB])
    assert caught.value.faults == (
        Fault("hosts.toml", 9, "web02: transport 'local' is this machine, which web01 (192.0.2.10) is already"),
    )
