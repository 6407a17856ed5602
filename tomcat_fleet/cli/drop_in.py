"""The file that lets the collector raise its rights: a drop-in for sudo, lines for doas, words for the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tomcat_fleet.cli.planned import PlannedHost, Rights
from tomcat_fleet.cli.word import Say
from tomcat_fleet.errors import ConfigError
from tomcat_fleet.model import escalation
from tomcat_fleet.model.escape import one_line

FILES = {"sudo": "/etc/sudoers.d/tomcat-fleet", "doas": "/etc/doas.conf"}
_OWNER = "tomcat"  # the usual name; the inventory has the true one
_NAMES = 8


def wanted(hosts: Sequence[PlannedHost]) -> dict[Rights, list[str]]:
    """The different rights that hosts need, each with their names."""
    found: dict[Rights, list[str]] = {}
    for host in hosts:
        if host.manner.rights is not None:
            found.setdefault(host.manner.rights, []).append(host.name)
    return found


def lines(rights: Rights, names: Sequence[str], say: Say) -> Iterator[str]:
    """The file, with its reasons as comments; comments alone where there is nothing that could be written."""
    yield from (f"# {line}" for line in _head(rights, names, say))
    if rights.rule is None:
        yield f"# {say('plan.inexpressible', method=rights.method, account=shown(rights.account))}"
    elif rights.method == "sudo":
        yield f"{escalation.defaults(rights.account)}"
        yield rights.rule
    elif rights.method == "doas":
        yield rights.rule
    else:
        yield f"# {rights.rule}"


def _head(rights: Rights, names: Sequence[str], say: Say) -> Iterator[str]:
    if rights.method in FILES:
        yield say(f"plan.file_{rights.method}", path=FILES[rights.method])
    else:
        yield say(f"plan.file_{rights.method}")
    yield say("plan.for_hosts", hosts=named(names))
    if rights.account != "root":
        yield say("plan.is_root", account=shown(rights.account), user=shown(rights.user), shell=escalation.SHELL)
    if rights.user == "root" and rights.rule is not None:
        yield say("plan.narrower", method=rights.method, owner=_OWNER)
        yield f"    {escalation.rule(rights.method, rights.account, _OWNER)}"
    if rights.password is not None:
        yield say("plan.with_password", reference=shown(rights.password))
        if rights.method == "sudo":
            yield f"    {escalation.sudoers_rule(rights.account, rights.user, '')}"


def named(names: Sequence[str]) -> str:
    """Names of hosts, a few of them."""
    few = ", ".join(map(shown, names[:_NAMES]))
    return f"{few}, … ({len(names)})" if len(names) > _NAMES else few


def shown(text: str) -> str:
    """Text of the inventory as one safe line."""
    return one_line(text, 200)


def only(hosts: Sequence[PlannedHost], method: str) -> tuple[Rights, list[str]]:
    """The one file of ``method`` that all hosts need; raises ``ConfigError`` when there are several or none."""
    found = {rights: names for rights, names in wanted(hosts).items() if rights.method == method}
    alike = {(rights.account, rights.user) for rights in found}
    if not alike:
        raise ConfigError(f"no host of the inventory raises its rights by {method}")
    if len(alike) > 1:
        ways = "; ".join(
            f"{shown(rights.account)} as {shown(rights.user)} on {named(names)}" for rights, names in found.items()
        )
        raise ConfigError(f"the hosts need different rules, choose those of one with --limit: {ways}")
    references = ", ".join(rights.password for rights in found if rights.password)
    rights = replace(next(iter(found)), password=references or None)
    if rights.rule is None:
        raise ConfigError(f"{method} has no way to write the name {shown(rights.account)!r} or {shown(rights.user)!r}")
    return rights, [name for names in found.values() for name in names]
