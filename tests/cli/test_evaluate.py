"""``evaluate``: stored evidence leads to the same results again, and whatever was done to it is named."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import sqlite3
import subprocess
import zlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests import stock
from tests.cli.terminal import fleet, inventory
from tests.conftest import Figure
from tests.property.stream import NONCE, framed, recorded
from tests.sweep.scene import lines, plan, targets
from tomcat_fleet.errors import ConfigError, TargetError
from tomcat_fleet.ledger.chain import chained, unchained
from tomcat_fleet.ledger.store import Ledger
from tomcat_fleet.model.status import Outcome
from tomcat_fleet.model.target import Target
from tomcat_fleet.sweep.again import verify
from tomcat_fleet.sweep.run import run
from tomcat_fleet.transport.access import Access
from tomcat_fleet.transport.channel import Channel, Limits
from tomcat_fleet.transport.replay import TOKEN, ReplayChannel

LAYOUTS = ("good", "stock-9.0.122", "debian", "stock-7.0.106")


async def answer(target: Target, access: Access, limits: Limits) -> Channel:
    del access, limits
    number = int(target.name[3:])
    if number >= len(LAYOUTS):
        raise TargetError(Outcome.AUTH_FAILED, "Permission denied")
    return ReplayChannel([framed(recorded(stock.named(LAYOUTS[number]))).replace(NONCE.encode(), TOKEN)])


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a sweep of five hosts has written; one of them refused the login."""
    output = tmp_path_factory.mktemp("sweep") / "out"
    hosts = tuple(replace(each, groups=("web",), variables={"x": "y"}) for each in targets(len(LAYOUTS) + 1))
    asyncio.run(run(plan(output, hosts, answer, limit="web*"), lambda _: None))
    return output


@pytest.fixture
def sweep(original: Path, tmp_path: Path) -> Path:
    """A copy to be tampered with."""
    shutil.copytree(original, tmp_path / "sweep")
    return tmp_path / "sweep"


def evaluate(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return fleet("evaluate", *arguments, "--lang", "en")


def test_the_same_evidence_gives_the_same_results_to_the_byte(original: Path, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in original.iterdir() if path.is_file()}
    done = evaluate(original, "-o", tmp_path / "again")
    assert done.returncode == 3  # one host was never reached
    assert done.stdout == f"{tmp_path}/again/index.html\n"
    assert (tmp_path / "again" / "results.jsonl").read_bytes() == before["results.jsonl"]
    for page in (original / "hosts").iterdir():
        assert (tmp_path / "again" / "hosts" / page.name).exists()
    first, second = (json.loads((place / "summary.json").read_text()) for place in (original, tmp_path / "again"))
    assert {**first, "finished": ""} == {**second, "finished": ""}
    assert {path.name: path.read_bytes() for path in original.iterdir() if path.is_file()} == before


def test_what_is_untouched_is_sound(original: Path) -> None:
    done = evaluate(original, "--verify")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Sound: sweep 20261123T175014Z-0001, targets 5, " in done.stdout


def test_the_chain_is_named_on_the_page_and_in_the_result(original: Path) -> None:
    with Ledger.reopen(original) as ledger:
        heads = {name: entry.evidence.head for name in ledger.done() if (entry := ledger.entry(name)).evidence}
    rows = {row["target"]: row for row in lines(original)}
    assert {name: rows[name]["method"]["evidence_sha256"] for name in heads} == heads
    assert len(heads) == len(LAYOUTS)
    assert all(heads[name] in (original / "hosts" / f"{rows[name]['slug']}.html").read_text("utf-8") for name in heads)


def better(at: Path, target: str) -> bytes:
    """The target's line of the ledger with a pass that it did not have."""
    with closing(sqlite3.connect(at / "ledger.db")) as ledger:
        (line,) = ledger.execute("SELECT line FROM result WHERE target = ?", (target,)).fetchone()
    found = zlib.decompress(line)
    assert b'"fail"' in found
    return zlib.compress(found.replace(b'"fail"', b'"pass"'))


def change(directory: Path, statement: str, *values: object) -> None:
    raw = sqlite3.connect(directory / "ledger.db")
    with raw:
        raw.execute(statement, values)
    raw.close()


def evidence(directory: Path, name: str, how: Callable[[list[bytes]], list[bytes]], *, seal: bool = False) -> None:
    """Change the records of a target; ``seal``: as somebody does who knows how the chain is made."""
    with Ledger.reopen(directory) as ledger:
        stored = ledger.entry(name).evidence
    assert stored is not None
    if seal:
        forged = chained(how(unchained(stored)))
        change(directory, "UPDATE result SET evidence = ?, head = ? WHERE target = ?", forged.data, forged.head, name)
        return
    packed = zlib.compress(b"".join(line + b"\n" for line in how(zlib.decompress(stored.data).splitlines())))
    change(directory, "UPDATE result SET evidence = ? WHERE target = ?", packed, name)


def weaker(records: list[bytes]) -> list[bytes]:
    """A record of what was seen, made to look better."""
    return [record.replace(b'"mode":384', b'"mode":256') for record in records]


TAMPERING: dict[str, tuple[Callable[[Path], None], str]] = {
    "a record": (
        lambda at: evidence(at, "web00000", lambda records: [*records[:4], records[4][:-2] + b" }", *records[5:]]),
        "web00000: record 5 was changed",
    ),
    "a record dropped": (
        lambda at: evidence(at, "web00001", lambda records: records[:-1]),
        "web00001: a record was dropped, added or moved",
    ),
    "a packed byte": (
        lambda at: change(at, "UPDATE result SET evidence = x'00' || evidence WHERE target = 'web00002'"),
        "web00002: cannot be read from the ledger",
    ),
    "a packed byte more": (
        lambda at: change(at, "UPDATE result SET evidence = CAST(evidence || x'00' AS BLOB) WHERE target = 'web00002'"),
        "web00002: was cut, extended or is too large",
    ),
    "a record and its chain": (
        lambda at: evidence(at, "web00000", weaker, seal=True),
        "web00000: its evidence does not lead to its result",
    ),
    "evidence of another host": (
        lambda at: change(
            at,
            "UPDATE result SET (head, evidence) = (SELECT head, evidence FROM result WHERE target = 'web00000')"
            " WHERE target = 'web00001'",
        ),
        "web00001: is that of another target",
    ),
    "a result": (
        lambda at: change(at, "UPDATE result SET line = ? WHERE target = 'web00001'", zlib.compress(b"{}")),
        "web00001: its result is not one of this version of the tool",
    ),
    "a verdict": (
        lambda at: change(at, "UPDATE result SET line = ? WHERE target = 'web00001'", better(at, "web00001")),
        "web00001: its evidence does not lead to its result",
    ),
    "a result dropped": (
        lambda at: change(at, "DELETE FROM result WHERE target = 'web00003'"),
        "results.jsonl:4: web00003 is not in the ledger",
    ),
    "a line of results.jsonl": (
        lambda at: rewrite(at / "results.jsonl", b'"WT-01":"fail"', b'"WT-01":"pass"'),
        "is not as the ledger has it",
    ),
    "a page": (
        lambda at: rewrite(next((at / "hosts").iterdir()), b"<body", b"<body "),
        ".html: is not the file that was written",
    ),
    "a page removed": (lambda at: next((at / "hosts").iterdir()).unlink(), ".html: cannot be read"),
    "the sums": (lambda at: (at / "SHA256SUMS").unlink(), "SHA256SUMS: cannot be read"),
    "the sums redirected": (
        lambda at: rewrite(at / "SHA256SUMS", b"  index.html", b"  ../index.html"),
        "SHA256SUMS: has a line of another kind",
    ),
}


def rewrite(path: Path, old: bytes, new: bytes) -> None:
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new))


@pytest.mark.parametrize("what", TAMPERING)
def test_tampering_is_named(sweep: Path, what: str) -> None:
    tamper, said = TAMPERING[what]
    tamper(sweep)
    done = evaluate(sweep, "--verify")
    assert done.returncode == 3
    assert said in done.stderr
    assert "Not as it was written" in done.stdout


def test_a_flipped_byte_anywhere_in_the_evidence_is_noticed(sweep: Path) -> None:
    with Ledger.reopen(sweep) as ledger:
        stored = ledger.entry("web00000").evidence
    assert stored is not None
    content = (sweep / "ledger.db").read_bytes()
    at = content.find(stored.data[100:140])  # somewhere on one page of the database
    assert at > 0
    (sweep / "ledger.db").write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    done = evaluate(sweep, "--verify")
    assert done.returncode == 3
    assert "web00000: " in done.stderr
    assert "ledger.db: is not the file that was written" in done.stderr


def test_bytes_flipped_anywhere_in_the_ledger_are_told_and_end_in_no_defect(
    original: Path, sweep: Path, figure: Figure
) -> None:
    chance = random.Random(20261123)
    content = (original / "ledger.db").read_bytes()
    refused = 0
    for _ in range(150):
        spoilt = bytearray(content)
        for at in chance.sample(range(100, len(content)), chance.choice((1, 1, 8, 200))):
            spoilt[at] ^= 1 << chance.randrange(8)
        (sweep / "ledger.db").write_bytes(spoilt)
        try:
            assert "ledger.db: is not the file that was written" in verify(sweep).faults
        except ConfigError:
            refused += 1
    figure(f"150 spoilt ledgers: {refused} refused as a whole, the others told by name")


def test_damaged_evidence_is_no_verdict_and_the_others_are_judged(sweep: Path, tmp_path: Path) -> None:
    evidence(sweep, "web00000", lambda records: [*records[:4], records[4][:-2] + b" }", *records[5:]])
    done = evaluate(sweep, "-o", tmp_path / "again")
    assert done.returncode == 3
    rows = {row["target"]: row for row in lines(tmp_path / "again")}
    assert (rows["web00000"]["outcome"], rows["web00000"]["verdicts"]) == ("collector_failed", {})
    assert rows["web00000"]["outcome_reason"] == "the stored evidence record 5 was changed"
    assert [rows[f"web0000{number}"] for number in (1, 2, 3, 4)] == lines(sweep)[1:]


def test_anew_is_by_the_profile_given(original: Path, tmp_path: Path) -> None:
    profile = inventory(tmp_path / "profile.toml", 'dir_group_execute = "ignore"\n')
    done = evaluate(original, "-o", tmp_path / "again", "--profile", profile)
    assert done.returncode == 3, done.stderr
    before, after = ({row["target"]: row for row in lines(place)} for place in (original, tmp_path / "again"))
    assert before["web00001"]["verdicts"]["WT-06"] == "fail"
    assert after["web00001"]["verdicts"]["WT-06"] == "pass"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["."], "say where the report goes with -o DIR"),
        (["nowhere", "--verify"], "nowhere/ledger.db: cannot be read"),
        ([".", "--verify"], "ledger.db: cannot be read"),
        ([".", "-o", "."], "is where the evidence is"),
        ([".", "-o", "./new"], "is where the evidence is"),
        (["nowhere", "-o", "x", "--format", "pdf"], "--format pdf needs"),
    ],
)
def test_what_cannot_be_evaluated_is_an_operator_error(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = fleet("evaluate", *arguments, cwd=tmp_path, TOMCAT_FLEET_BROWSER="none")
    assert done.returncode == 2
    assert said in done.stderr
