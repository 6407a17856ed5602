"""A case file: a described host, and what one check must say about it.

``tests/checks/<slug>/<verdict>-<name>.toml`` begins with a layout of ``tests/stock.py`` and changes it. Paths are
relative to the instance's base unless they begin with a slash.
"""

from __future__ import annotations

import tomllib
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from tests import stock
from tests.virtual_host import MTIME, TODAY, VirtualHost
from tomcat_fleet.model.policy import Policy
from tomcat_fleet.model.status import Status
from tomcat_fleet.model.target import Become, InstanceHint, Target

VERDICTS = {status.value: status for status in Status if status is not Status.ERROR}


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class File(_Strict, frozen=True, kw_only=True):
    """A change of one object of the file system, in the order of the fields."""

    path: str
    remove: bool = False
    content: str | None = None
    replace: tuple[tuple[str, str], ...] = ()
    encoding: str = "utf-8"
    crlf: bool = False
    half: bool = False  # only the first half of the bytes is there
    members: dict[str, str] | None = None  # a jar or war
    directory: bool = False
    link: str | None = None
    fifo: bool = False
    mode: int | None = None
    uid: int | None = None
    gid: int | None = None
    acl: bool = False
    denied: bool = False
    cut: bool = False
    slow: bool = False
    package: tuple[str, str, str] | None = None
    mtime: int | None = None  # seconds after the other files


class Application(_Strict, frozen=True, kw_only=True):
    """A web application with the servlets of one that Tomcat ships."""

    root: str
    serves: str = ""  # manager, host-manager, examples
    context: str | None = None  # the inside of META-INF/context.xml
    war: bool = False


class Server(_Strict, frozen=True, kw_only=True):
    """server.xml; what is not given is as in the layouts."""

    valves: str = ""  # inside the Host
    host: str = ""  # attributes of the Host
    realm: str | None = None
    access_log: bool = True
    engine: str = ""  # inside the Engine
    hosts: str = ""  # further hosts
    connector: str | None = None
    resource: str | None = None  # attributes that replace the pathname of the UserDatabase


class Web(_Strict, frozen=True, kw_only=True):
    """conf/web.xml; ``listings = "absent"`` leaves the parameter out."""

    listings: str = "false"
    codes: tuple[int, ...] = (400, 401, 403, 404, 500)
    more: str = ""


class Running(_Strict, frozen=True, kw_only=True):
    """A process. Without ``argv`` it is the JVM of ``base``."""

    uid: int = stock.UID
    pid: int = 4000
    ppid: int = 1
    base: str = stock.BASE
    home: str | None = None
    extra: tuple[str, ...] = ()
    argv: tuple[str, ...] = ()
    argv_complete: bool = True
    options_before: tuple[str, ...] = ()
    options_after: tuple[str, ...] = ()
    environment_known: bool = True
    exe: str | None = None
    root: str | None = None
    jars: tuple[str, ...] | None = None  # that it has open, as the kernel names them


class User(_Strict, frozen=True, kw_only=True):
    """An account of the host."""

    uid: int
    name: str
    shell: str = "/usr/sbin/nologin"
    groups: tuple[str, ...] | None = None


class UnitFile(_Strict, frozen=True, kw_only=True):
    """A unit, init script or defaults file."""

    path: str
    text: str
    enabled: bool = True


class Denial(_Strict, frozen=True, kw_only=True):
    """A unit, init script or defaults file that the login account may not read."""

    path: str


class Aim(_Strict, frozen=True, kw_only=True):
    """What the inventory says."""

    was_accounts: tuple[str, ...] = ()
    instances: tuple[str, ...] = ()
    discover: bool = True
    sudo_denied: bool = False


class Expect(_Strict, frozen=True, kw_only=True):
    """What the decisive findings must show."""

    reason: str | None = None
    notes: tuple[str, ...] = ()
    subject: str | None = None
    evidence: str | None = None  # source of an evidence row
    command: str | None = None  # one of the printed commands
    verdicts: dict[str, str] = {}
    instances: int = 1
    base: str | None = None  # the instance meant, when there are several
    others: dict[str, dict[str, str]] = {}  # base -> item -> verdict


class Case(_Strict, frozen=True, kw_only=True):
    """One case file."""

    layout: str = "good"
    golden: tuple[int, ...] = ()
    base: str = stock.BASE
    candidate: bool = False  # found by the search of the usual places
    second: str | None = None  # base of another sound instance, run by uid 997
    users: str | None = None  # the inside of conf/tomcat-users.xml
    server: Server | None = None
    web: Web | None = None
    applications: tuple[Application, ...] = ()
    files: tuple[File, ...] = ()
    running: bool = True
    processes: tuple[Running, ...] = ()
    process_list: str = "complete"  # hidden, none
    accounts: tuple[User, ...] = ()
    units: tuple[UnitFile, ...] = ()
    denials: tuple[Denial, ...] = ()
    searched: bool = True
    target: Aim = Aim()
    policy: dict[str, Any] = {}
    today: date = TODAY
    expect: Expect = Expect()


def load(path: Path) -> Case:
    """The validated case."""
    return msgspec.convert(tomllib.loads(path.read_text("utf-8")), Case)


def policy_of(case: Case) -> Policy:
    """The profile of the case; a key that no profile has is refused."""
    unknown = set(case.policy) - {one.name for one in fields(Policy)}
    if unknown:
        raise ValueError(f"no such policy: {sorted(unknown)}")
    return msgspec.convert(case.policy, Policy)


def target_of(case: Case) -> Target:
    """The machine as the inventory describes it."""
    aim = case.target
    return Target(
        name="virtual",
        address="192.0.2.1",
        was_accounts=aim.was_accounts,
        instances=tuple(InstanceHint(base=base) for base in aim.instances),
        discover=aim.discover,
        become=Become() if aim.sudo_denied else None,
    )


def host_of(case: Case) -> VirtualHost:
    """The described machine."""
    host = stock.named(case.layout)
    if case.second:
        host.account(997, "second")
        stock.add_good(host, "10.1.60", case.second, uid=997, pid=4100)
    _configure(host, case)
    for application in case.applications:
        _deploy(host, case, application)
    for file in case.files:
        _change(host, file, _absolute(case, file.path))
    _run(host, case)
    host.search_complete = case.searched
    if case.target.sudo_denied:
        host.host = replace(host.host, become_denied=True)
    return host


def _absolute(case: Case, path: str) -> str:
    return path if path.startswith("/") else f"{case.base}/{path}"


def _configure(host: VirtualHost, case: Case) -> None:
    if case.server:
        _put(host, f"{case.base}/conf/server.xml", _server_xml(case.server))
    if case.web:
        listings = None if case.web.listings == "absent" else case.web.listings
        text = stock.web_xml(listings=listings, codes=case.web.codes)
        _put(host, f"{case.base}/conf/web.xml", text.replace("</web-app>", f"{case.web.more}</web-app>"))
    if case.users is not None:
        text = f"{stock.XML}<tomcat-users>\n{case.users}\n</tomcat-users>\n"
        _put(host, f"{case.base}/conf/tomcat-users.xml", text)


def _server_xml(server: Server) -> str:
    text = stock.server_xml(realm=server.realm, valves=server.valves, host=server.host, access_log=server.access_log)
    edits = [('defaultHost="localhost">', f'defaultHost="localhost">\n{server.engine}')]
    edits += [("</Host>", f"</Host>\n{server.hosts}")]
    if server.connector is not None:
        edits.append(('<Connector port="8080" protocol="HTTP/1.1"/>', server.connector))
    if server.resource is not None:
        edits.append(('pathname="conf/tomcat-users.xml"', server.resource))
    return _edited(text, tuple(edits))


def _edited(text: str, edits: tuple[tuple[str, str], ...]) -> str:
    for old, new in edits:
        if text.count(old) != 1:
            raise ValueError(f"{old!r} stands {text.count(old)} times in the text")
        text = text.replace(old, new)
    return text


def _put(host: VirtualHost, path: str, content: str | bytes) -> None:
    """New content under the old mode and owner; a new file is the service account's."""
    old = host.nodes.get(path)
    mode, uid, gid = (old.mode, old.uid, old.gid) if old else (0o600, stock.UID, stock.UID)
    host.file(path, content, mode=mode, uid=uid, gid=gid)


_SERVLETS = {
    "manager": ("org.apache.catalina.manager.", stock.MANAGER),
    "host-manager": ("org.apache.catalina.manager.host.", stock.HOST_MANAGER),
    "examples": ("", ("HelloWorldExample", "RequestInfoExample")),
}


def _deploy(host: VirtualHost, case: Case, application: Application) -> None:
    package, names = _SERVLETS.get(application.serves, ("", ()))
    web = stock.servlets("@", names).replace("@.", package)
    root = _absolute(case, application.root)
    if application.war:
        host.archive(root, {"WEB-INF/web.xml": web}, uid=stock.UID)
        return
    meta = None if application.context is None else f"{stock.XML}{application.context}"
    stock.application(host, root, web, meta)


def _change(host: VirtualHost, file: File, path: str) -> None:
    if file.remove:
        if path not in host.nodes:
            raise ValueError(f"{path} is not there to be removed")
        host.remove(path)
        return
    _write(host, file, path)
    node = host.nodes[path]
    for name in ("mode", "uid", "gid"):
        if getattr(file, name) is not None:
            setattr(node, name, getattr(file, name))
    node.acl, node.denied, node.cut, node.slow = file.acl, file.denied, file.cut, file.slow
    node.package = file.package or node.package
    node.mtime = node.mtime if file.mtime is None else MTIME + file.mtime


def _write(host: VirtualHost, file: File, path: str) -> None:
    if file.directory:
        host.directory(path, 0o740, stock.UID, stock.UID)
    elif file.link is not None:
        host.link(path, file.link)
    elif file.fifo:
        host.fifo(path)
    elif file.members is not None:
        host.archive(path, file.members, uid=stock.UID, gid=stock.UID)
    elif file.content is not None:
        _put(host, path, _bytes(file, file.content.removeprefix("\n")))
    else:
        _rewrite(host, file, path)


def _rewrite(host: VirtualHost, file: File, path: str) -> None:
    if path not in host.nodes:
        raise ValueError(f"{path} does not exist and gets no content")
    if file.replace or file.half or file.crlf or file.encoding != "utf-8":
        _put(host, path, _bytes(file, _edited(host.nodes[path].data.decode(), file.replace)))


def _bytes(file: File, text: str) -> bytes:
    raw = (text.replace("\n", "\r\n") if file.crlf else text).encode(file.encoding)
    return raw[: len(raw) // 2] if file.half else raw


def _run(host: VirtualHost, case: Case) -> None:
    for account in case.accounts:
        host.account(account.uid, account.name, account.shell, account.groups)
    if case.processes or not case.running:
        host.processes.clear()
    for process in case.processes:
        if process.argv:
            more: dict[str, object] = {"exe": process.exe} if process.exe else {}
            host.process(process.pid, process.uid, list(process.argv), ppid=process.ppid, **more)
        else:
            host.java(
                process.base, process.home, pid=process.pid, uid=process.uid, extra=process.extra, jars=process.jars
            )
        last = host.processes[-1]
        host.processes[-1] = replace(
            last,
            argv_complete=process.argv_complete,
            options_before=process.options_before,
            options_after=process.options_after,
            environment_known=process.environment_known,
            root=process.root,
        )
    host.table_complete = case.process_list != "hidden"
    host.has_process_list = case.process_list != "none"
    for unit in case.units:
        host.unit(unit.path, unit.text, enabled=unit.enabled)
    for denial in case.denials:
        host.deny(denial.path)
    if case.candidate or not (case.running or case.units):
        host.candidate(case.base)
