"""The list of what the collector may run and read, held against what it runs and reads."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import stock
from tests.alone import alone
from tests.conftest import Figure
from tests.need import need
from tests.plant import plant
from tests.shell_channel import shell
from tests.virtual_host import TODAY, VirtualHost
from tomcat_fleet.collect import script
from tomcat_fleet.collect.reach import reach
from tomcat_fleet.collect.session import collect
from tomcat_fleet.demo.process import Jvm
from tomcat_fleet.demo.trees.tree import Owner
from tomcat_fleet.model.evidence import Evidence
from tomcat_fleet.model.policy import Policy
from tomcat_fleet.model.target import Target
from tomcat_fleet.tomcat.examine import Settings, examine

NOBODY = 65534
TARGET = Target(name="t", address="x", was_accounts=("nobody",))
SETTINGS = Settings(policy=Policy(), today=TODAY)
_OTHERS = ("/usr/share", "/usr/local", "/opt", "/home", "/var/lib/tomcat*")  # where the machine may have Tomcats
_CALLS = "trace=execve,open,openat"
_RUN = re.compile(r'execve\("([^"]+)".*\) = 0$')
_OPENED = re.compile(r'open(?:at)?\((?:(?:AT_FDCWD|\d+)<([^>]*)>, |AT_FDCWD, )?"([^"]*)", ([A-Z_|0-9]+)')
_BUILTIN = {"[", "test", "command", "echo", "printf", "read", "cd", "pwd"}


@dataclass(frozen=True)
class Trace:
    """What was executed, opened for its contents, and opened as a directory."""

    programs: frozenset[str]
    read: frozenset[str]
    look: frozenset[str]
    evidence: Evidence
    base: str
    named: tuple[str, ...]


def pattern(shown: str, values: dict[str, Iterable[str]]) -> re.Pattern[str]:
    """A pattern of the list as a regular expression."""
    escaped = re.sub(r"\*\*|\*|\[[0-9-]+\]|\{\w+\}|[^*\[{]+|.", lambda part: _part(part[0], values), shown)
    return re.compile(escaped.removesuffix("/.*") + "(?:/.*)?" if shown.endswith("/**") else escaped)


def _part(part: str, values: dict[str, Iterable[str]]) -> str:
    if part.startswith("{"):
        return "(?:" + "|".join(map(re.escape, values.get(part[1:-1], ()))) + ")" if values else r"/\w+"
    return {"**": ".*", "*": "[^/]*"}.get(part, part if part.startswith("[") else re.escape(part))


def patterns(kind: str, values: dict[str, Iterable[str]]) -> list[re.Pattern[str]]:
    return [pattern(shown, values) for paths in reach().paths for shown in getattr(paths, kind)]


def strangers(paths: Iterable[str], known: list[re.Pattern[str]]) -> list[str]:
    return sorted(path for path in paths if not any(one.fullmatch(path) for one in known))


def _instance(root: Path) -> tuple[str, ...]:
    """A sound instance with something that lies elsewhere; what it names."""
    host = VirtualHost()
    host.account(NOBODY, "nobody")
    base, elsewhere = str(root / "tomcat"), str(root / "elsewhere")
    stock.add_good(host, "10.1.60", base, uid=NOBODY, pid=101)
    stock.application(host, f"{base}/webapps/shop", f"{stock.XML}<web-app/>\n", uid=NOBODY)
    host.archive(f"{base}/webapps/board.war", {"WEB-INF/web.xml": f"{stock.XML}<web-app/>\n"})
    stock.application(host, elsewhere, f"{stock.XML}<web-app/>\n", uid=NOBODY)
    host.file(f"{base}/conf/Catalina/localhost/far.xml", f'{stock.XML}<Context docBase="{elsewhere}"/>')
    host.file(f"{base}/bin/setenv.sh", "CATALINA_OPTS=-Xmx1g\n", uid=NOBODY)
    plant(host, base)
    plant(host, elsewhere)
    return (elsewhere,)


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    for what in ("root", "strace", "mount-namespaces"):
        need(what)
    with ExitStack() as stack:
        root = Path(tempfile.mkdtemp(prefix="tf-reach-", dir="/srv"))
        stack.callback(shutil.rmtree, root)
        root.chmod(0o755)
        yield root


def _argv(log: Path) -> list[str]:
    """A traced shell on a machine without Tomcats of its own."""
    found = (path for shown in _OTHERS for path in Path("/").glob(shown[1:]))
    hidden = [str(path) for path in found if path.is_dir() and not path.is_symlink()]
    hide = "".join(f"mount -t tmpfs none {shlex.quote(path)} && " for path in hidden)
    strace = [need("strace"), "-f", "-y", "-qq", "-s", "4096", "-o", str(log), "-e", _CALLS, "-e", "signal=none"]
    return ["unshare", "-m", "sh", "-c", f"{hide}exec {shlex.join(strace)} /bin/sh -s"]


async def _collected(argv: list[str]) -> Evidence:
    async with shell(argv, env={"PATH": "/usr/bin:/bin"}) as channel:
        collected = await collect(
            channel, TARGET, key=b"k" * 32, want=lambda evidence: examine(evidence, TARGET, SETTINGS).wanted
        )
    return collected.evidence


@pytest.fixture(scope="module")
def trace(place: Path) -> Trace:
    named = _instance(place)
    base, log = str(place / "tomcat"), place / "log"
    with alone(), Jvm(place).running(Path(base), Path(base), Owner(name="nobody", uid=NOBODY, gid=NOBODY)):
        evidence = asyncio.run(_collected(_argv(log)))
    programs, read, look = set[str](), set[str](), set[str]()
    for line in log.read_text("utf-8", "replace").splitlines():
        if (run := _RUN.search(line)) is not None:
            programs.add(run[1])
        elif (opened := _OPENED.search(line)) is not None and "ENOENT" not in line:
            path = os.path.normpath(os.path.join(opened[1] or "/", opened[2]))  # noqa: PTH118
            directory = re.search(r"O_DIRECTORY|O_PATH", opened[3]) or Path(path).is_dir()
            (look if directory else read).add(path)
    return Trace(frozenset(programs), frozenset(read), frozenset(look), evidence, base, named)


@pytest.mark.root
@pytest.mark.strace
def test_nothing_is_run_or_opened_that_the_list_does_not_name(trace: Trace, figure: Figure) -> None:
    values = {"base": [trace.base], "home": [trace.base], "named": trace.named}
    known = {f"{directory}/{name}" for directory in reach().search for name in names()} | {"/bin/sh"}
    assert sorted(trace.programs - known) == []
    read = patterns("read", values)
    assert strangers(trace.read, read) == []
    assert strangers(trace.look, [*read, *patterns("look", values)]) == []
    figure(
        f"a good instance: {len(trace.programs)} programs run, {len(trace.read)} files read, {len(trace.look)} "
        "directories opened, all of them on the list"
    )


@pytest.mark.root
@pytest.mark.strace
def test_the_trace_saw_the_collector_at_work(trace: Trace) -> None:
    assert {"/usr/bin/base64", "/usr/bin/awk", "/usr/bin/find"} <= trace.programs
    for path in ("conf/server.xml", "conf/Catalina/localhost/far.xml", "bin/setenv.sh", "webapps/board.war"):
        assert f"{trace.base}/{path}" in trace.read
    assert f"{trace.named[0]}/WEB-INF/web.xml" in trace.read
    assert {"/etc/passwd", "/srv"} <= trace.read | trace.look


def names() -> set[str]:
    return {*reach().always, *(name for row in reach().either for name in row)}


SECRET = [
    *("/etc/shadow", "/etc/gshadow", "/etc/sudoers", "/etc/krb5.keytab", "/etc/ssh/ssh_host_rsa_key", "/etc", "/"),
    *("/root/.ssh/id_rsa", "/home/a/.ssh/id_ed25519", "/home/a/.bash_history", "/opt/other/secret.txt", "/tmp/x"),
    *("/dev/sda", "/dev/mem", "/proc/kcore", "/proc/1/mem", "/proc/1/maps", "/etc/tomcat9/x.p12", "/var/log/messages"),
    *("/etc/ssl/private/key.pem", "/boot/vmlinuz", "/usr/local/etc/secret", "/var/lib/mysql/ibdata1"),
]
NEVER_LOOKED = ["/etc/ssh", "/root", "/root/x", "/tmp", "/boot", "/dev", "/sys", "/var/log", "/var/spool"]


@pytest.mark.parametrize("path", SECRET)
def test_no_pattern_for_contents_is_wide(path: str) -> None:
    known = patterns("read", {"base": ["/opt/tomcat"], "home": ["/opt/tomcat"], "named": ["/data/app"]})
    assert strangers([path], known) == [path]


@pytest.mark.parametrize(
    "path", ["/etc/ssh", "/root", "/root/x", "/tmp", "/boot", "/dev", "/sys", "/var/log", "/var/spool"]
)
def test_no_pattern_for_names_is_wide(path: str) -> None:
    known = patterns("look", {"base": ["/opt/tomcat"], "home": ["/opt/tomcat"], "named": ["/data/app"]})
    assert strangers([path], known) == [path]


def test_programs_and_places_are_those_of_the_script() -> None:
    text = script.source().decode()
    (functions,) = re.findall(r"unset -f (.*); fi", text)
    assert set(functions.split()) - _BUILTIN == {name for name in names() if "/" not in name} - {"apk"}
    (path,) = re.findall(r"PATH=(\S+); export PATH", text)
    assert tuple(path.split(":")) == reach().search
    (searched,) = re.findall(r"for tf_d in (/opt .*); do", text)
    (places,) = [paths for paths in reach().paths if paths.discover]
    assert tuple(f"{shown}/**" for shown in searched.split()) == places.look
