from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.need import need
from tests.shell_channel import shell
from tomcat_fleet.collect.frame import Record
from tomcat_fleet.collect.ingest import Ingest
from tomcat_fleet.collect.session import collect
from tomcat_fleet.errors import EvidenceError
from tomcat_fleet.model.fact import Known
from tomcat_fleet.model.target import Target

STATUS = b"Name:\tjava\nPPid:\t1\nUid:\t998\t998\t998\t998\nNSpid:\t4000\n"
STAT = b"4000 (ja va) x) S 1 " + b"0 " * 17 + b"500 0"
ARGV = b"java\0-Dcatalina.base=/opt/tomcat\0"


def _table(*records: tuple[bytes, ...]) -> Ingest:
    ingest = Ingest(b"k" * 32)
    for parts in records:
        ingest.take(Record("process", "ok", b"\0".join(parts)))
    pids = b"".join(b" " + parts[0] for parts in records)
    ingest.take(Record("processes", "ok", b"proc\x001\x00100\x001000\n\x00" + pids))
    return ingest


def _one(
    status: bytes = STATUS,
    argv: bytes = ARGV,
    root: bytes = b"/\n",
    cwd: bytes = b"/\n",
    jars: bytes = b"\n",
    options: bytes = b"//read\n",
) -> tuple[bytes, ...]:
    return (b"4000", status, STAT, b"/usr/bin/java\n", cwd, root, jars, options, argv)


def test_a_process_is_read_with_its_start_and_its_links() -> None:
    table = _table(_one()).processes
    assert isinstance(table, Known)
    (found,) = table.value.processes
    assert (found.pid, found.ppid, found.uid, found.started, found.exe, found.root) == (
        4000, 1, 998, 1005, "/usr/bin/java", None,
    )  # fmt: skip
    assert found.argv == ("java", "-Dcatalina.base=/opt/tomcat")


@pytest.mark.parametrize("parts", [_one(status=b""), _one(argv=b"")], ids=["no-status", "no-arguments"])
def test_a_process_that_ends_while_it_is_read_is_not_there(parts: tuple[bytes, ...]) -> None:
    table = _table(parts, _one()).processes
    assert isinstance(table, Known)
    assert len(table.value.processes) == 1


@pytest.mark.parametrize(
    "parts", [_one(status=b"nonsense"), _one(status=b"Uid:\tx\ty\nPPid:\t1\n"), (b"4000", STATUS)],
    ids=["no-fields", "no-number", "cut"],
)  # fmt: skip
def test_anything_else_is_no_process_record(parts: tuple[bytes, ...]) -> None:
    with pytest.raises(EvidenceError):
        _table(parts)


@pytest.mark.parametrize(
    ("status", "root"),
    [(STATUS.replace(b"4000", b"4000\t17"), b"/\n"), (STATUS, b"/var/lib/containers/x/merged\n")],
    ids=["nested-pid", "other-root"],
)
def test_a_container_is_told_by_its_root_or_its_nested_pid(status: bytes, root: bytes) -> None:
    table = _table(_one(status=status, root=root)).processes
    assert isinstance(table, Known)
    assert table.value.processes[0].root is not None


def test_an_argument_list_without_its_end_is_incomplete() -> None:
    table = _table(_one(argv=b"java\0-Dcatalina.ba")).processes
    assert isinstance(table, Known)
    assert not table.value.processes[0].argv_complete


@pytest.mark.parametrize(
    ("raw", "jars"),
    [
        (b"", None),
        (b"\n", ()),
        (
            b"\nlr-x------ 1 t t 64 Nov 23 12:00 31 -> /opt/t -> x/lib/catalina.jar (deleted)\n%b"
            % b"lr-x------ 1 t t 64 Nov 23 12:00 7 -> /opt/t/lib/catalina-ant.jar\n",
            ("/opt/t -> x/lib/catalina.jar (deleted)", "/opt/t/lib/catalina-ant.jar"),
        ),
    ],
    ids=["hidden", "none", "two"],
)
def test_open_jars_are_told_from_hidden_ones(raw: bytes, jars: tuple[str, ...] | None) -> None:
    table = _table(_one(jars=raw)).processes
    assert isinstance(table, Known)
    assert table.value.processes[0].jars == jars


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[int]:
    """A process that has two jars open, one of which is gone."""
    jars = [tmp_path / name for name in ("catalina.jar", "catalina-ant.jar")]
    for jar in jars:
        jar.write_bytes(b"PK")
    wait = "import sys; kept = [open(path) for path in sys.argv[2:]]; print(flush=True); sys.stdin.read()"
    argv = [sys.executable, "-c", wait, "-Dcatalina.base=/nowhere", *jars]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        jars[0].unlink()
        yield process.pid
        process.communicate()


@pytest.mark.parametrize("name", ["dash", "busybox"])
async def test_a_jar_that_is_gone_is_seen_through_the_process_that_has_it_open(
    name: str, holder: int, tmp_path: Path
) -> None:
    path = need(name)
    async with shell([path, "sh", "-s"] if name == "busybox" else [path, "-s"]) as channel:
        collected = await collect(channel, Target(name="t", address="local"), key=b"k" * 32, want=lambda _: [])
    found = collected.evidence.processes
    assert isinstance(found, Known)
    (jars,) = [one.jars for one in found.value.processes if one.pid == holder]
    assert jars == (f"{tmp_path}/catalina-ant.jar", f"{tmp_path}/catalina.jar (deleted)")


@pytest.mark.parametrize("pids", [b"", b" 4000", b" 4000 4001 4002", b" 4000 4000"])
def test_a_table_must_have_the_processes_that_it_names(pids: bytes) -> None:
    ingest = Ingest(b"k" * 32)
    for pid in (b"4000", b"4001"):
        ingest.take(Record("process", "ok", b"\0".join((pid, *_one()[1:]))))
    with pytest.raises(EvidenceError):
        ingest.take(Record("processes", "ok", b"proc\x001\x00100\x001000\n\x00" + pids))


@pytest.mark.parametrize("lost", ["host", "processes", "units", "places"])
def test_a_first_round_without_one_of_its_records_is_not_whole(lost: str) -> None:
    payloads = {
        "host": b"\0".join([b"Linux", b"6", b"a", b"now", b"audit", b"2000", b"stat=gnu", b"x"]),
        "processes": b"proc\x001\x00100\x001000\n\x00",
        "units": b"\0",
        "places": b"//at:/opt\n//rc:0\n",
    }
    ingest = Ingest(b"k" * 32)
    for verb in payloads.keys() - {lost}:
        ingest.take(Record(verb, "ok", payloads[verb]))
    with pytest.raises(EvidenceError, match=lost):
        ingest.first_round_is_whole(discover=True)
    if lost == "places":
        ingest.first_round_is_whole(discover=False)


@pytest.mark.parametrize(
    ("block", "known"),
    [
        (b"//at:/opt\n//rc:0\n//at:/srv\n//rc:0\n", True),
        (b"//at:/opt\n//rc:0\n//rc:1\n", False),
        (b"//at:/opt\n//rc:0\n//at:/srv\n", False),
        (b"//at:/opt\n//rc:124\n", False),
    ],
)
def test_a_search_is_complete_only_where_every_place_was_searched_to_its_end(block: bytes, known: bool) -> None:  # noqa: FBT001
    ingest = Ingest(b"k" * 32)
    ingest.take(Record("places", "ok", block))
    assert isinstance(ingest.places, Known) is known


def test_an_argument_list_of_one_whole_page_may_be_cut() -> None:
    table = _table(_one(argv=b"java\0".ljust(4095, b"x") + b"\0")).processes
    assert isinstance(table, Known)
    assert not table.value.processes[0].argv_complete


def test_a_deleted_working_directory_is_none() -> None:
    table = _table(_one(cwd=b"/srv/app (deleted)\n")).processes
    assert isinstance(table, Known)
    assert table.value.processes[0].cwd is None


def test_options_of_the_environment_are_read_without_secrets() -> None:
    options = (
        b"JAVA_TOOL_OPTIONS=-Da=1 '-Db=two words' -Ddb.password=C4NARY\nJDK_JAVA_OPTIONS=-Dc=3\n"
        b"_JAVA_OPTIONS=-Da=9\n//read\n"
    )
    table = _table(_one(options=options)).processes
    assert isinstance(table, Known)
    (found,) = table.value.processes
    assert found.options_before == ("-Da=1", "-Db=two words", "-Ddb.password=[redacted]", "-Dc=3")
    assert found.options_after == ("-Da=9",)
    assert found.environment_known


def test_an_environment_that_cannot_be_read_is_not_empty() -> None:
    table = _table(_one(options=b"")).processes
    assert isinstance(table, Known)
    assert not table.value.processes[0].environment_known
