"""``tomcat-fleet known-hosts``: enrolling host keys, by review."""

from __future__ import annotations

import shlex
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tomcat_fleet.cli.aligned import print_aligned
from tomcat_fleet.cli.guard import run_loop, sockets
from tomcat_fleet.cli.inventory import warn
from tomcat_fleet.cli.logs import verbose
from tomcat_fleet.cli.option import Inventories, KnownHostsFile, Language, Limit, SshConfig, Verbose
from tomcat_fleet.cli.pending import Answer, answers, groups, mark, named, review
from tomcat_fleet.cli.word import Lang, Say, speaker
from tomcat_fleet.errors import ConfigError, Fault
from tomcat_fleet.guide.said import said
from tomcat_fleet.inventory import Inventory, load
from tomcat_fleet.model.escape import one_line
from tomcat_fleet.sweep import clock
from tomcat_fleet.transport import approval
from tomcat_fleet.transport.access import Access, load_access
from tomcat_fleet.transport.channel import Limits
from tomcat_fleet.transport.enrolment import Pending, State, parse_pending
from tomcat_fleet.transport.known_hosts import KnownHosts, read_known_hosts
from tomcat_fleet.transport.open import check_transports
from tomcat_fleet.transport.scan import Place, Scanned, places, scan
from tomcat_fleet.transport.scan_route import Route, jump_hosts

INCOMPLETE = 3
_COLUMNS = ("host", "address", "type", "fingerprint", "state")
_MARK = b"# tomcat-fleet known-hosts scan"  # how a file for review begins in both languages
_DEFAULT = Path("~/.ssh/known_hosts")
_STYLES = {State.CHANGED: "bold reverse red", State.REVOKED: "bold reverse red", State.NEW: "bold", State.KNOWN: "dim"}

app = typer.Typer(help="Host keys: ask for them, review them, trust them.", no_args_is_help=True, rich_markup_mode=None)


@app.command("scan")
def ask(  # noqa: PLR0913, PLR0917  one parameter per option
    inventory: Inventories,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="File for review; default known_hosts.pending beside known_hosts."
        ),
    ] = None,
    limit: Limit = None,
    ssh_config: SshConfig = None,
    known_hosts: KnownHostsFile = None,
    key: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="Private key for jump hosts; repeatable.")
    ] = None,
    agent: Annotated[bool, typer.Option("--agent", help="Offer the agent's keys to jump hosts.")] = False,  # noqa: FBT002
    concurrency: Annotated[int, typer.Option(min=1, max=1000, metavar="N", help="Hosts under way at a time.")] = 64,
    timeout: Annotated[float, typer.Option(min=1, metavar="SECONDS", help="Seconds for one host.")] = 30.0,
    lang: Language = Lang.KO,
    verbosity: Verbose = 0,
) -> None:
    """Ask every host for its keys and write them to a file for review. Trusts nothing, logs in to no target."""
    verbose(verbosity)
    say, path = speaker(lang), (known_hosts or _DEFAULT).expanduser()
    pending = output or path.with_name(f"{path.name}.pending")
    _check_output(pending, path)
    fleet = load(inventory, limit, ssh_config)
    check_transports(fleet.targets, fleet.jumps)
    warn(fleet)
    known = _known(path)
    if known is None:
        typer.echo(say("known_hosts.none_yet", path=path), err=True)
    asked = places((*jump_hosts(fleet.targets, fleet.jumps), *fleet.targets))
    access = _access(fleet, path, key, agent=agent) if known else None
    limits = Limits(connect_s=min(timeout, 10.0), login_s=timeout, total_s=2 * timeout)
    found = _scanned(asked, Route(access, limits), concurrency, timeout)
    listed = answers(found, known or KnownHosts())
    _write(pending, review(listed, say, clock.now(), shlex.quote(str(pending))))
    _show(listed, say, lang)
    _close(listed, say, pending, path if known_hosts else None)
    raise typer.Exit(INCOMPLETE if any(answer.fault for answer in listed) else 0)


@app.command("approve")
def trust(
    pending: Annotated[Path, typer.Argument(metavar="FILE", help="The reviewed file that scan wrote.")],
    known_hosts: KnownHostsFile = None,
    only: Annotated[
        list[str] | None, typer.Option(metavar="HOST", help="Only this host, by any of its names; repeatable.")
    ] = None,
    hashed: Annotated[bool, typer.Option("--hash", help="Hide host names, as ssh-keygen -H does.")] = False,  # noqa: FBT002
    replaced: Annotated[  # noqa: FBT002  how typer knows a flag
        bool, typer.Option("--replace", help="Also take keys that replace others; those are removed.")
    ] = False,
    lang: Language = Lang.KO,
) -> None:
    """Trust the keys of a reviewed file: add them to known_hosts."""
    say, path = speaker(lang), known_hosts or _DEFAULT
    keys = _chosen(_read(pending), only or [], pending)
    result = approval.approve(keys, path, hashed=hashed, replace=replaced)
    for name, former in result.removed:
        typer.echo(say("known_hosts.removed", name=name, fingerprint=mark(former)))
    for one in result.added:
        typer.echo(
            say(
                "known_hosts.added",
                name=one.name,
                fingerprint=mark(one.key),
                labels=", ".join(map(one_line, one.labels)),
            )
        )
    for refusal in result.refused:
        key = "pattern" if refusal.line else f"refused_{refusal.state}"
        told = say(f"known_hosts.{key}", name=refusal.pending.name, fingerprint=mark(refusal.pending.key),
                   place=f"{path}:{refusal.line}")  # fmt: skip
        typer.echo(told, err=True)
    counts = {"added": len(result.added), "known": len(result.known), "refused": len(result.refused)}
    typer.echo(say("known_hosts.approved", path=path, **counts))
    if result.removed:
        typer.echo(say("known_hosts.backup", path=path), err=True)
    raise typer.Exit(INCOMPLETE if result.refused else 0)


def _known(path: Path) -> KnownHosts | None:
    """The keys known so far, None where there is no file yet."""
    try:
        path.stat()
    except FileNotFoundError:
        return None
    except OSError:
        pass  # said better where it is read
    return read_known_hosts(path)


def _check_output(pending: Path, known_hosts: Path) -> None:
    if pending.resolve() == known_hosts.resolve():
        raise ConfigError([Fault(str(pending), 0, "is known_hosts itself; keys for review go to a file of their own")])
    if pending.is_dir():
        raise ConfigError([Fault(str(pending), 0, "is a directory; a file is expected")])
    if pending.exists() and not pending.is_file():  # root would put a file in the place of /dev/null
        raise ConfigError([Fault(str(pending), 0, "is not a regular file")])
    if not _may_be_replaced(pending):
        raise ConfigError([Fault(str(pending), 0, "holds something else than keys for review, and is left alone")])


def _may_be_replaced(pending: Path) -> bool:
    """Whether there is nothing, or what an earlier scan wrote: ``-o`` may have been given the inventory by mistake."""
    try:
        with pending.open("rb") as file:
            return file.read(len(_MARK)) in {b"", _MARK}
    except OSError:
        return not pending.exists()


def _access(fleet: Inventory, known_hosts: Path, keys: list[Path] | None, *, agent: bool) -> Access | None:
    """What logging in to jump hosts takes. Targets are not logged in to: their passwords are not looked up."""
    behind = [replace(target, password=None, become=None) for target in fleet.targets if target.jump]
    if not behind:
        return None
    return load_access(behind, jumps=fleet.jumps, known_hosts=known_hosts, key_files=keys or (), use_agent=agent)


def _scanned(asked: Sequence[Place], route: Route, concurrency: int, timeout: float) -> list[Scanned]:
    async def main() -> list[Scanned]:
        try:
            return await scan(asked, route.tunnel, concurrency=concurrency, timeout_s=timeout)
        finally:
            await route.aclose()

    with sockets():
        return run_loop(main())


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(mode=0o700, exist_ok=True)
        approval.write_private(file, text.encode())
    except OSError as error:
        raise ConfigError([Fault(str(file), 0, f"cannot be written: {error.strerror}")]) from None


def _show(found: Sequence[Answer], say: Say, lang: Lang) -> None:
    headings = [say(f"known_hosts.{column}") for column in _COLUMNS]
    rows = [row for answer in found for row in _rows(answer, say, lang)]
    if not sys.stdout.isatty():
        print_aligned([headings, *([*cells, word] for cells, word, _ in rows)])
        return
    table = Table(box=None, pad_edge=False)
    for column, heading in zip(_COLUMNS, headings, strict=True):
        table.add_column(heading, overflow="fold", no_wrap=column in {"type", "state"})
    for cells, word, style in rows:
        table.add_row(*map(Text, cells), Text(word, style))
    Console(highlight=False).print(table)


def _rows(answer: Answer, say: Say, lang: Lang) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Cells, the word of the last one and its style."""
    named = (", ".join(answer.labels), answer.name)
    for key, state in answer.keys:
        cells = (*named, key.get_algorithm(), key.get_fingerprint())
        yield cells, say(f"known_hosts.{state}"), _STYLES[state]
    if answer.fault:
        reason = f"{say(f'outcome.{answer.fault.outcome}')}: {getattr(said(answer.fault.reason), lang)}"
        yield (*named, "-", reason), say("known_hosts.unreached"), "bold"


def _close(found: Sequence[Answer], say: Say, pending: Path, known_hosts: Path | None) -> None:
    """What it came to, what is odd, and what it does not prove."""
    states = Counter(state for answer in found for _, state in answer.keys)
    counts = {str(state): states[state] for state in State}
    lost = sum(answer.fault is not None for answer in found)
    lines = [say("known_hosts.counts", hosts=len(found), unreached=lost, **counts)]
    alarming = [one for one in found if {state for _, state in one.keys} & {State.CHANGED, State.REVOKED}]
    lines += [say("known_hosts.alarm", name=one.name, labels=", ".join(one.labels)) for one in alarming]
    lines += [say("known_hosts.shared", hosts=named(group)) for group in groups(found)]
    option = f" --known-hosts {shlex.quote(str(known_hosts))}" if known_hosts else ""
    lines += [say("known_hosts.caution"), say("known_hosts.next", path=shlex.quote(str(pending)), option=option)]
    for line in lines:
        typer.echo(line, err=True)


def _read(file: Path) -> list[Pending]:
    try:
        return parse_pending(file.read_bytes(), str(file))
    except OSError as error:
        raise ConfigError([Fault(str(file), 0, f"cannot be read: {error.strerror}")]) from None


def _chosen(pending: list[Pending], only: Sequence[str], file: Path) -> list[Pending]:
    """Those of the hosts named, each of which must be there."""
    absent = [host for host in only if not any(one.is_meant_by(host) for one in pending)]
    if absent:
        raise ConfigError(Fault(str(file), 0, f"has no key of {host!r}, which --only names") for host in absent)
    return [one for one in pending if not only or any(one.is_meant_by(host) for host in only)]
