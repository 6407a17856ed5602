"""The real collector under real shells over a scratch tree."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

import pytest

from tests.need import need
from tests.shell_channel import shell
from tomcat_fleet.collect.session import collect
from tomcat_fleet.model import escape
from tomcat_fleet.model.collected import Collected
from tomcat_fleet.model.evidence import FileKind, Question, SearchKind, Verb
from tomcat_fleet.model.fact import Gap, Known, Unknown
from tomcat_fleet.model.target import InstanceHint, Target

KEY = b"k" * 32
SHELLS = ["dash", "bash", "mksh", "yash", "zsh", "ksh", "busybox"]
NASTY = [b"plain.txt", b" lead", b"-rf", b"quo'te\"", b"dollar$HOME", b"new\nline", b"tab\t", b"back\\slash",
         b"@0 1 .", b"star*", "한글.txt".encode(), "한글".encode("cp949"), b"esc\x1b[31m",
         b"two\n\nlines", b"end\n",
         b"row\nregular file:0777:0:0"]  # fmt: skip


def _argv(name: str) -> list[str]:
    path = need(name)
    return [path, "sh", "-s"] if name == "busybox" else [path, "-s"]


async def _collect(argv: list[str], base: Path, questions: list[Question] | None = None) -> Collected:
    target = Target(name="t", address="local", discover=False, instances=(InstanceHint(base=str(base)),))
    async with shell(argv) as channel:
        return await collect(channel, target, key=KEY, want=lambda _: questions or [])


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A small CATALINA_BASE with awkward names in its web application."""
    root = tmp_path / "톰캣 base"
    for folder in ("conf/Catalina/localhost", "webapps/app/WEB-INF", "logs", "bin"):
        (root / folder).mkdir(parents=True)
    (root / "conf/server.xml").write_text("<Server><Service/></Server>\n", "utf-8")
    (root / "conf/server.xml").chmod(0o600)
    (root / "conf/tomcat-users.xml").write_text('<tomcat-users><user name="a" password="C4NARY"/></tomcat-users>')
    (root / "conf/binary.xml").write_bytes(b"<a>" + bytes(range(256)) + b"</a>")
    for name in NASTY:
        (root / "webapps/app").joinpath(os.fsdecode(name)).write_bytes(name * 3)
    (root / "webapps/link").symlink_to("app")
    (root / "dangling").symlink_to("nowhere")
    os.mkfifo(root / "fifo")
    return root


@pytest.mark.parametrize("name", SHELLS)
async def test_every_shell_brings_the_same_evidence(name: str, base: Path) -> None:
    questions = [
        Question(Verb.LISTING, escape.from_text(f"{base}/webapps/app")),
        Question(Verb.STATUS, escape.from_text(f"{base}/webapps/link")),
        Question(Verb.CONTENT, escape.from_text(f"{base}/fifo")),
        Question(Verb.CONTENT, escape.from_text(f"{base}/absent")),
        Question(Verb.SEARCH, escape.from_text(f"{base}/webapps"), SearchKind.SOURCE_FILES.value),
        Question(Verb.STATUS, escape.from_text(f"{base}/dangling")),
        Question(Verb.MEMBER, escape.from_text(f"{base}/conf/server.xml"), "x"),
    ]
    evidence = (await _collect(_argv(name), base, questions)).evidence
    listing, link, fifo, absent, search, dangling, member = (evidence.answers[question] for question in questions)
    assert listing == Known(tuple(sorted(escape.from_bytes(n) for n in [*NASTY, b"WEB-INF"])))
    assert isinstance(link, Known)
    assert link.value is not None
    assert (link.value.kind, link.value.link_target) == (FileKind.DIRECTORY, "app")
    assert link.value.real_path == escape.from_text(f"{base}/webapps/app")
    assert isinstance(fifo, Unknown)
    assert fifo.gap is Gap.NOT_REGULAR
    assert absent == Known(None)
    assert isinstance(search, Known)
    assert search.value is not None
    assert (search.value.total, len(search.value.links)) == (len(NASTY), 1)
    assert isinstance(dangling, Unknown)
    assert isinstance(member, Unknown)


async def test_statuses_are_those_of_the_file_system(base: Path) -> None:
    (base / "webapps/app/plain.txt").chmod(0o4777)
    (base / "webapps/app/-rf").chmod(0o600)
    question = Question(Verb.SEARCH, escape.from_text(f"{base}/webapps"), SearchKind.SOURCE_FILES.value)
    evidence = (await _collect(["/bin/sh", "-s"], base, [question])).evidence
    server = evidence.answers[Question(Verb.STATUS, escape.from_text(f"{base}/conf/server.xml"))]
    assert isinstance(server, Known)
    assert server.value is not None
    real = (base / "conf/server.xml").stat()
    assert (server.value.mode, server.value.uid, server.value.size, server.value.mtime) == (
        stat.S_IMODE(real.st_mode),
        real.st_uid,
        real.st_size,
        int(real.st_mtime),
    )
    answer = evidence.answers[question]
    assert isinstance(answer, Known)
    assert answer.value is not None
    excess = {status.path.rpartition("/")[2]: status.mode for status in answer.value.excess}
    assert excess == {"plain.txt": 0o4777}
    assert answer.value.excess_modes == {0o4777: 1}
    assert answer.value.owners == {os.geteuid(): len(NASTY)}


async def test_contents_come_redacted_and_whole(base: Path) -> None:
    evidence = (await _collect(["/bin/sh", "-s"], base)).evidence
    users = evidence.answers[Question(Verb.CONTENT, escape.from_text(f"{base}/conf/tomcat-users.xml"))]
    assert isinstance(users, Known)
    assert users.value is not None
    assert users.value.text == '<tomcat-users><user name="a" password="[redacted:0]"/></tomcat-users>'
    assert "C4NARY" not in repr(evidence)


async def test_a_file_over_the_cap_is_truncated_not_read(base: Path) -> None:
    with (base / "conf/web.xml").open("wb") as file:
        file.truncate(1 << 40)
    evidence = (await _collect(["/bin/sh", "-s"], base)).evidence
    answer = evidence.answers[Question(Verb.CONTENT, escape.from_text(f"{base}/conf/web.xml"))]
    assert isinstance(answer, Unknown)
    assert answer.gap is Gap.TRUNCATED


async def test_a_base_whose_conf_is_a_link_is_found_in_the_usual_places() -> None:
    need("root")
    with tempfile.TemporaryDirectory(prefix="tf-places-", dir="/srv") as name:
        linked, plain = Path(name) / "링크 base", Path(name) / "plain"
        for path in (linked / "settings", plain / "conf", Path(name) / "other/conf"):
            path.mkdir(parents=True)
        (linked / "conf").symlink_to("settings")
        (linked / "settings/server.xml").write_text("<Server/>")
        (plain / "conf/server.xml").write_text("<Server/>")
        async with shell(["/bin/sh", "-s"]) as channel:
            evidence = (await collect(channel, Target(name="t", address="x"), key=KEY, want=lambda _: [])).evidence
        found = {candidate.path for candidate in evidence.candidates if candidate.path.startswith(name)}
        assert found == {escape.from_text(str(linked)), str(plain)}
        assert evidence.search_complete == Known(None)


async def test_refused_is_never_absent(base: Path) -> None:
    need("root")
    for path in (base, *base.parents):
        if str(path).startswith("/tmp/") and path != Path("/tmp"):
            path.chmod(0o755)
    (base / "conf").chmod(0o700)
    (base / "webapps").chmod(0o700)
    target = Target(name="t", address="local", discover=False, instances=(InstanceHint(base=str(base)),))
    questions = [
        Question(Verb.CONTENT, escape.from_text(f"{base}/conf/nothing.xml")),
        Question(Verb.STATUS, escape.from_text(f"{base}/conf/nothing.xml")),
        Question(Verb.LISTING, escape.from_text(f"{base}/webapps/nothing")),
        Question(Verb.SEARCH, escape.from_text(f"{base}/webapps"), SearchKind.SOURCE_FILES.value),
    ]
    async with shell(["/bin/sh", "-s"], user=65534) as channel:
        evidence = (await collect(channel, target, key=KEY, want=lambda _: questions)).evidence
    for question in [*questions, Question(Verb.CONTENT, escape.from_text(f"{base}/conf/server.xml"))]:
        answer = evidence.answers[question]
        assert isinstance(answer, Unknown), question
        assert answer.gap is Gap.DENIED


async def test_nothing_is_written_on_the_target(base: Path, tmp_path: Path) -> None:
    strace = need("strace")
    log = tmp_path / "strace.log"
    await _collect([strace, "-f", "-o", str(log), "-e", "trace=file", "/bin/sh", "-s"], base)
    writes = ("O_CREAT", "O_WRONLY", "O_RDWR", "mkdir", "unlink", "rename", "chmod", "chown", "symlink", "truncate")
    lines = log.read_text("utf-8", "replace").splitlines()
    assert len(lines) > 100
    bad = [line for line in lines if any(word in line for word in writes) and "/dev/null" not in line]
    assert [line for line in bad if "/dev/tty" not in line] == []


async def test_the_nonce_is_in_no_argument_list(base: Path, tmp_path: Path) -> None:
    strace = need("strace")
    log = tmp_path / "strace.log"
    await _collect([strace, "-f", "-v", "-s", "4000", "-o", str(log), "-e", "trace=execve", "/bin/sh", "-s"], base)
    text = log.read_text("utf-8", "replace")
    assert "stat" in text
    assert "TF_NONCE" not in text
