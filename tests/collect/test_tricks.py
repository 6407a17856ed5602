"""What an account can plant in its own directories to have a collector with more rights read, wait or drown."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.need import need
from tests.shell_channel import shell
from tomcat_fleet.collect.session import collect
from tomcat_fleet.model.collected import Collected
from tomcat_fleet.model.evidence import Content, FileStatus, Question, Search, SearchKind, Verb
from tomcat_fleet.model.fact import Gap, Known, Unknown
from tomcat_fleet.model.target import Become, InstanceHint, Target

pytestmark = pytest.mark.root

NOBODY, OWNER, OTHER = 65534, 998, 997
SECRET = "<Canary note='C4NARY-of-root'/>\n"


@pytest.fixture
def place() -> Iterator[Path]:
    need("root")
    directory = Path(tempfile.mkdtemp(prefix="tf-tricks-", dir="/var/tmp"))
    directory.chmod(0o755)
    for name in ("conf", "bin", "lib", "logs", "webapps/app"):
        (directory / "tomcat" / name).mkdir(parents=True)
    (directory / "tomcat/conf/server.xml").write_text("<Server/>")
    _give(directory / "tomcat")
    yield directory
    shutil.rmtree(directory)


def _give(root: Path, uid: int = OWNER) -> None:
    for path in (root, *root.rglob("*")):
        os.chown(path, uid, uid, follow_symlinks=False)


async def _collect(place: Path, questions: list[Question], argv: list[str], become: Become | None = None) -> Collected:
    hint = InstanceHint(base=str(place / "tomcat"))
    target = Target(name="t", address="x", discover=False, instances=(hint,), become=become)
    async with shell(argv) as channel:
        return await collect(channel, target, key=b"k" * 32, want=lambda _: questions)


def _with_sudo(place: Path) -> list[str]:
    need("sudo")
    (place / "rules").mkdir()
    (place / "rules/audit").write_text("nobody ALL=(root) NOPASSWD: /bin/sh -s\n")
    (place / "rules/audit").chmod(0o440)
    drop = f"setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups /bin/sh -s"
    return [need("mount-namespaces"), "-m", "sh", "-c", f"mount --bind '{place}/rules' /etc/sudoers.d && exec {drop}"]


def _root(place: Path) -> list[str]:
    assert place
    return ["/bin/sh", "-s"]


def _secrets(place: Path) -> Path:
    """A directory of root's that nobody else may enter, its files readable by all for want of another guard."""
    secret = place / "secret"
    (secret / "below").mkdir(parents=True)
    (secret / "below/web.xml").write_text(SECRET)
    with zipfile.ZipFile(secret / "a.war", "w") as archive:
        archive.writestr("WEB-INF/web.xml", SECRET)
    secret.chmod(0o700)
    (secret / "below/closed.xml").write_text(SECRET)
    (secret / "below/closed.xml").chmod(0o600)
    return secret


def _planted(place: Path) -> list[Question]:
    """Links of the account to what is root's, and the questions that go through them."""
    secret, base = _secrets(place), place / "tomcat"
    links = {
        "conf/web.xml": f"{secret}/below/web.xml",
        "conf/context.xml": "../../secret/below/closed.xml",
        "conf/Catalina": f"{secret}/below",
        "conf/tomcat-users.xml": f"{base}/logs/step",
        "logs/step": f"{secret}/below/web.xml",
        "bin/setenv.sh": "/etc/shadow",
        "lib/catalina.jar": f"{secret}/a.war",
        "webapps/shop.war": f"{secret}/a.war",
        "webapps/app/WEB-INF": f"{secret}/below",
    }
    for name, target in links.items():
        (base / name).symlink_to(target)
    _give(base)
    (place / "honest.xml").symlink_to(base / "logs/step")  # of root, and leads to one of the account
    named = [
        (Verb.CONTENT, "conf/web.xml", ""), (Verb.CONTENT, "conf/context.xml", ""), (Verb.CONTENT, "bin/setenv.sh", ""),
        (Verb.CONTENT, "conf/Catalina/web.xml", ""), (Verb.LISTING, "conf/Catalina", ""),
        (Verb.CONTENT, "conf/tomcat-users.xml", ""), (Verb.MEMBER, "lib/catalina.jar", "WEB-INF/web.xml"),
        (Verb.FRAGMENTS, "webapps/shop.war", ""), (Verb.CONTENT, "webapps/app/WEB-INF/web.xml", ""),
        (Verb.SEARCH, "webapps/app/WEB-INF", SearchKind.SOURCE_FILES.value), (Verb.STATUS, "conf/web.xml", ""),
        (Verb.CONTENT, "../honest.xml", ""),
    ]  # fmt: skip
    return [Question(verb, os.path.normpath(f"{base}/{path}"), detail) for verb, path, detail in named]


@pytest.mark.parametrize("rights", [_with_sudo, _root], ids=["raised", "root-login"])
async def test_root_does_not_follow_what_an_account_planted(rights: Callable[[Path], list[str]], place: Path) -> None:
    questions = _planted(place)
    (place / "tomcat/conf").chmod(0o700)
    become = Become() if rights is _with_sudo else None
    collected = await _collect(place, questions, rights(place), become)
    assert collected.method.become == ("sudo -n -u root /bin/sh -s" if become else None)
    found = {question: collected.evidence.answers[question] for question in questions}
    gaps = {question: answer.gap if isinstance(answer, Unknown) else answer for question, answer in found.items()}
    assert gaps == dict.fromkeys(questions, Gap.UNSAFE_LINK)
    assert "C4NARY" not in repr(collected)
    assert "root:" not in repr(collected)


async def test_root_follows_what_is_honest(place: Path) -> None:
    base = place / "tomcat"
    (place / "shared").mkdir()
    for name, uid, mode in (("own.xml", OWNER, 0o600), ("roots.xml", 0, 0o644), ("others.xml", OTHER, 0o644)):
        (place / "shared" / name).write_text("<Context/>")
        (place / "shared" / name).chmod(mode)
        os.chown(place / "shared" / name, uid, uid)
        (base / "conf" / name).symlink_to(f"../../shared/{name}")
    (place / "shared/closed.xml").write_text("<Context/>")
    (place / "shared/closed.xml").chmod(0o640)
    (base / "conf/closed.xml").symlink_to("../../shared/closed.xml")
    _give(base / "conf")
    (base / "conf/admins.xml").symlink_to("../../shared/closed.xml")  # of root
    names = ("own", "roots", "others", "admins", "closed")
    questions = [Question(Verb.CONTENT, f"{base}/conf/{name}.xml") for name in names]
    answers = (await _collect(place, questions, _root(place))).evidence.answers
    read = [name for name, question in zip(names, questions, strict=True) if isinstance(answers[question], Known)]
    assert read == ["own", "roots", "others", "admins"]


@pytest.mark.timeout(900)
@pytest.mark.usefixtures("lone")
async def test_a_process_of_another_account_does_not_lead_root_astray(place: Path) -> None:
    evil = place / "evil"
    (evil / "conf").mkdir(parents=True)
    secret = _secrets(place)
    for name in ("server.xml", "web.xml", "tomcat-users.xml", "logging.properties"):
        (evil / "conf" / name).symlink_to(secret / "below/web.xml")
    (evil / "bin").symlink_to(secret)
    (evil / "webapps").symlink_to(secret)
    _give(evil, OTHER)
    argv = ["/bin/sh", "-c", "echo; read -r x", "java", f"-Dcatalina.base={evil}", f"-Dcatalina.home={evil}",
            "org.apache.catalina.startup.Bootstrap", "start"]  # fmt: skip
    with subprocess.Popen(argv, user=OTHER, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: ASYNC220
        assert process.stdout is not None
        process.stdout.readline()
        async with shell(["/bin/sh", "-s"]) as channel:
            collected = await collect(channel, Target(name="t", address="x"), key=b"k" * 32, want=lambda _: [])
        process.communicate()
    answer = collected.evidence.answers[Question(Verb.CONTENT, f"{evil}/conf/server.xml")]
    assert isinstance(answer, Unknown), "the process did steer it there"
    assert answer.gap is Gap.UNSAFE_LINK
    assert "C4NARY" not in repr(collected)


def _odd(conf: Path) -> dict[str, Gap]:
    os.mkfifo(conf / "fifo.xml")
    os.mknod(conf / "zero.xml", 0o020666, os.makedev(1, 5))
    made = {
        "kmsg.xml": "/proc/kmsg",
        "zero-link.xml": "/dev/zero",
        "fifo-link.xml": "fifo.xml",
        "sys.xml": "/sys/kernel/uevent_seqnum",
        "tty.xml": "/dev/tty",
        "mem.xml": "/proc/self/mem",
        "self.xml": "/proc/self/environ",
        "dir.xml": ".",
    }
    for name, target in made.items():
        (conf / name).symlink_to(target)
    with (conf / "sparse.xml").open("wb") as file:
        file.truncate(1 << 40)
    return dict.fromkeys(("fifo.xml", "zero.xml", *made), Gap.NOT_REGULAR) | {"sparse.xml": Gap.TRUNCATED}


async def test_nothing_that_is_no_file_is_opened(place: Path) -> None:
    conf = place / "tomcat/conf"
    gaps = _odd(conf)
    questions = {name: Question(Verb.CONTENT, f"{conf}/{name}") for name in gaps}
    begun = time.monotonic()
    answers = (await _collect(place, list(questions.values()), _root(place))).evidence.answers
    assert time.monotonic() - begun < 45, "one of them was waited for"
    found = {name: answers[question] for name, question in questions.items()}
    assert {name: answer.gap if isinstance(answer, Unknown) else answer for name, answer in found.items()} == gaps


MANY, DEEP = 100_000, 60


async def test_a_hundred_thousand_files_are_counted_and_not_carried(
    place: Path, record_property: Callable[[str, object], None]
) -> None:
    app = place / "tomcat/webapps/app"
    made = [app / f"{number:06d}" for number in range(MANY)]
    for number, path in enumerate(made):
        os.close(os.open(path, os.O_CREAT, 0o666 if number % 1000 == 0 else 0o644))
    for path in made[::1000]:
        path.chmod(0o666)
    os.chown(made[7], OTHER, OTHER)
    search = Question(Verb.SEARCH, str(app), SearchKind.SOURCE_FILES.value)
    listing = Question(Verb.LISTING, str(app))
    begun = time.monotonic()
    collected = await _collect(place, [search, listing], _root(place))
    record_property("figure", f"{MANY} files: {time.monotonic() - begun:.1f} s, {collected.method.bytes_in} bytes")
    found = collected.evidence.answers[search]
    assert isinstance(found, Known)
    assert isinstance(found.value, Search)
    assert (found.value.total, found.value.excess_total, found.value.excess_modes) == (MANY, 100, {0o666: 100})
    assert (found.value.owners, len(found.value.excess), len(found.value.foreign)) == ({0: MANY - 1, OTHER: 1}, 100, 1)
    names = collected.evidence.answers[listing]
    assert isinstance(names, Unknown)
    assert (names.gap, names.detail) == (Gap.TRUNCATED, f"{MANY} entries")
    assert collected.method.bytes_in < 3_000_000


async def test_a_deep_tree_is_searched_to_its_end(place: Path) -> None:
    path = place / "tomcat/webapps/app"
    for number in range(DEEP):
        path = path / f"level {number:02d}-{'x' * 40}"
        path.mkdir()
    (path / "last.jsp").touch()
    (path / "last.jsp").chmod(0o777)
    (path / "circle").symlink_to(place / "tomcat/webapps")
    search = Question(Verb.SEARCH, f"{place}/tomcat/webapps", SearchKind.SOURCE_FILES.value)
    asked = [search, Question(Verb.CONTENT, str(path / "last.jsp")), Question(Verb.STATUS, str(path / "last.jsp"))]
    answers = (await _collect(place, asked, _root(place))).evidence.answers
    found, content, status = [answers[question] for question in asked]
    assert isinstance(found, Known)
    assert isinstance(found.value, Search)
    assert (found.value.total, [row.path for row in found.value.excess]) == (1, [str(path / "last.jsp")])
    assert found.value.links == (str(path / "circle"),)
    assert isinstance(content, Known)
    assert isinstance(content.value, Content)
    assert isinstance(status, Known)
    assert isinstance(status.value, FileStatus)
