"""The plan as text for a terminal: what hosts have in common once, then what is theirs alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tomcat_fleet.cli import drop_in
from tomcat_fleet.cli.drop_in import shown
from tomcat_fleet.cli.planned import Login, Manner, PlannedHost, Stop
from tomcat_fleet.cli.word import Say
from tomcat_fleet.collect.reach import Paths, reach
from tomcat_fleet.model import escalation


def show(console: Console, hosts: Sequence[PlannedHost], say: Say) -> None:
    """Print everything."""
    console.print(Text(say("plan.nowhere")))
    for manner, alike in _groups(hosts).items():
        count = say("plan.host") if len(alike) == 1 else say("plan.hosts", count=len(alike))
        _head(console, f"{drop_in.named([host.name for host in alike])}  ({count})")
        console.print(_in(_pairs(_manner(manner, say))))
        console.print()
        console.print(_in(_hosts(alike, say)))
    _programs(console, [rights.method for rights in drop_in.wanted(hosts)], say)
    _paths(console, any(host.manner.discover for host in hosts), say)
    _rules(console, hosts, say)


def _groups(hosts: Iterable[PlannedHost]) -> dict[Manner, list[PlannedHost]]:
    found: dict[Manner, list[PlannedHost]] = {}
    for host in hosts:
        found.setdefault(host.manner, []).append(host)
    return found


def _head(console: Console, title: str) -> None:
    console.print()
    console.print(Text(title, "bold", overflow="fold"))


def _in(what: RenderableType, columns: int = 2) -> Padding:
    return Padding(what, (0, 0, 0, columns), expand=False)


def _pairs(rows: Iterable[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(Text(name), Text(value))
    return table


def _manner(manner: Manner, say: Say) -> Iterator[tuple[str, str]]:
    login = manner.login
    if manner.transport == "local":
        yield say("plan.transport"), say("plan.local")
    else:
        yield say("plan.transport"), say("plan.ssh", transport=manner.transport, profile=login.profile)
    yield say("plan.account"), _account(login, say)
    if manner.transport != "local":
        yield from _credentials(login, say)
        yield say("plan.route"), _route(manner.route, login, say)
    yield say("plan.command"), say("plan.command_is", command=manner.command)
    yield say("plan.then"), _rights(manner, say)
    yield say("plan.search"), say("plan.search_on" if manner.discover else "plan.search_off")
    if manner.was_accounts:
        yield say("plan.was"), ", ".join(map(shown, manner.was_accounts))


def _account(login: Login, say: Say) -> str:
    return say("plan.own", account=shown(login.account)) if login.own else shown(login.account)


def _credentials(login: Login, say: Say) -> Iterator[tuple[str, str]]:
    if login.key_files or not (login.agent or login.password):
        yield say("plan.keys"), "\n".join(map(shown, login.key_files)) or say("plan.usual_keys")
    if login.key_passphrase:
        yield say("plan.passphrase"), say("plan.reference", reference=shown(login.key_passphrase))
    if login.agent:
        yield say("plan.agent"), say("plan.agent_used")
    if login.password:
        yield say("plan.password"), say("plan.reference", reference=shown(login.password))


def _route(route: Sequence[Stop], login: Login, say: Say) -> str:
    if not route:
        return say("plan.direct")
    lines = []
    for number, stop in enumerate(route, 1):
        lines.append(say("plan.hop", number=number, stop=shown(str(stop)), account=_account(stop.login, say)))
        own = list(_credentials(stop.login, say))
        if own != list(_credentials(login, say)):  # a jump host with keys of its own
            lines += [f"   {name}: {line}" for name, value in own for line in value.splitlines()]
    return "\n".join(lines)


def _rights(manner: Manner, say: Say) -> str:
    rights = manner.rights
    if rights is None:
        return say("plan.never")
    lines = [say("plan.then_is", command=shown(rights.command))]
    if rights.prompt and rights.password:
        lines.append(say("plan.then_asks", command=shown(rights.prompt), reference=shown(rights.password)))
    return "\n".join(lines)


def _hosts(hosts: Sequence[PlannedHost], say: Say) -> Table:
    aliased = any(host.stop.host_key_alias for host in hosts)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for key in ("target", "address", *(["alias"] if aliased else []), "instances", "source"):
        table.add_column(say(f"plan.{key}"), overflow="fold")
    for host in hosts:
        address = "–" if host.manner.transport == "local" else shown(str(host.stop))
        alias = [shown(host.stop.host_key_alias or "")] if aliased else []
        bases = "\n".join(shown(base if base == home else f"{base} ({home})") for base, home in host.instances) or "–"
        table.add_row(*map(Text, (shown(host.name), address, *alias, bases, shown(host.source))))
    return table


def _programs(console: Console, methods: Sequence[str], say: Say) -> None:
    whole = reach()
    _head(console, say("plan.programs"))
    rows = [
        (say("plan.always"), ", ".join(whole.always)),
        (say("plan.either"), "; ".join(" | ".join(row) for row in whole.either)),
        (say("plan.from"), ":".join(whole.search)),
    ]
    if methods:
        where = say("plan.raised_from", programs=", ".join(dict.fromkeys(methods)), places=":".join(escalation.PLACES))
        rows.append((say("plan.then"), where))
    _titled(console, rows)


def _paths(console: Console, discover: bool, say: Say) -> None:  # noqa: FBT001  one of two lists
    _head(console, say("plan.paths"))
    marks = {f"{name}_mark": f"{{{name}}}" for name in ("base", "home", "named")}
    console.print(_in(Text(say("plan.legend", **marks))))
    for paths in reach().paths:
        if discover or not paths.discover:
            console.print()
            console.print(_in(Text(say(f"plan.paths_{paths.what}"), "underline")))
            _titled(console, _both(paths, say))


def _both(paths: Paths, say: Say) -> Iterator[tuple[str, str]]:
    if paths.read:
        yield say("plan.read"), "  ".join(paths.read)
    if paths.look:
        yield say("plan.look"), "  ".join(paths.look)


def _titled(console: Console, rows: Iterable[tuple[str, str]]) -> None:
    """A title above each text, which has the whole width."""
    for title, text in rows:
        console.print(_in(Text(title, "dim")))
        console.print(_in(Text(text, overflow="fold"), 4))


def _rules(console: Console, hosts: Sequence[PlannedHost], say: Say) -> None:
    _head(console, say("plan.rules"))
    wanted = drop_in.wanted(hosts)
    if not wanted:
        console.print(_in(Text(say("plan.no_rules"))))
    for rights, names in wanted.items():
        console.print()
        for line in drop_in.lines(rights, names, say):
            console.print(Text(line), soft_wrap=True)  # to be copied as it stands
