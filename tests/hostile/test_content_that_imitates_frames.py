"""Files whose content and names are frames of this very conversation come back byte for byte, and nothing else."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.hostile.mutation import ENCODINGS, NONCES, stream
from tests.shell_channel import shell
from tomcat_fleet.collect import row, script
from tomcat_fleet.collect.frame import Decoder, Record
from tomcat_fleet.model import escape
from tomcat_fleet.model.evidence import Question, Verb
from tomcat_fleet.model.target import Target

BLOBS = 10_000
FILES = 60
NONCE = NONCES[0]
QUIET = Target(name="here", address="127.0.0.1", discover=False)


def _forged(rng: random.Random, longest: int) -> bytes:
    """Frames under the right nonce between random bytes."""
    out = b""
    while len(out) < longest:
        number = rng.randrange(1, 12)
        out += rng.choice(
            (
                rng.randbytes(rng.randrange(20)),
                f"\n@{NONCE} {number} .\n".encode(),
                f"\n@{NONCE} END {number}\n".encode(),
                f"\n@{NONCE} {number} content absent\n".encode(),
                f"\n@{NONCE} BEGIN 1 hex 0 {number}\n".encode(),
                b"\0end",
                b"\n\n//rc:0\n//total:0\n",
                b"\n//directory:777:0:0:0:0:root:root:./x\n",
                b"\r\n",
            )
        )
    return out[: rng.randrange(longest)]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_ten_thousand_payloads(encoding: str) -> None:
    rng = random.Random(encoding)
    records = [Record("content", "ok", _forged(rng, 200)) for _ in range(BLOBS)]
    sent = stream(records, NONCE, encoding)
    decoder = Decoder(NONCE)
    found = []
    at = 0
    while at < len(sent):
        step = rng.randrange(1, 20_000)
        found += [frame for frame in decoder.feed(sent[at : at + step]) if isinstance(frame, Record)]
        at += step
    assert decoder.quiet()
    assert found == records


@pytest.mark.parametrize("interpreter", [["sh"], ["bash", "--posix"]])
async def test_files_of_a_real_directory(interpreter: list[str], tmp_path: Path) -> None:
    folder, contents = os.fsencode(tmp_path), _planted(tmp_path)
    questions = [Question(Verb.CONTENT, escape.from_bytes(path), "") for path in contents]
    listing = Question(Verb.LISTING, escape.from_bytes(folder), "")
    told = (await _told(interpreter, [*questions, listing]))[-len(questions) - 1 :]
    heads = [record.payload.split(b"\0", 2) for record in told]
    assert [record.verb for record in told] == ["content"] * FILES + ["listing"]
    assert {path: body.rpartition(b"\0")[0] for path, _, body in heads[:-1]} == contents
    listed = row.parse(heads[-1][2].split(b"\0")[1])
    assert sorted(escape.to_bytes(entry.name) for _, entry in listed.rows) == sorted(
        b"./" + path.removeprefix(folder + b"/") for path in contents
    )


def _planted(folder: Path) -> dict[bytes, bytes]:
    """Files in ``folder``: content by path."""
    rng = random.Random(7)
    contents: dict[bytes, bytes] = {}
    while len(contents) < FILES:
        name = _forged(rng, 120).replace(b"/", b"|").replace(b"\0", b"^")
        if name not in {b"", b".", b".."}:
            contents[os.fsencode(folder) + b"/" + name] = _forged(rng, 3000)
    for path, content in contents.items():
        Path(os.fsdecode(path)).write_bytes(content)
    return contents


async def _told(interpreter: list[str], questions: list[Question]) -> list[Record]:
    """Records of a first round and of one with ``questions``."""
    decoder, records = Decoder(NONCE), []
    async with shell([*interpreter, "-s"]) as channel:
        for data in (script.opening(QUIET, NONCE, seconds=20), script.asking(questions)):
            await channel.write(data)
            while not decoder.quiet():
                records += [frame for frame in decoder.feed(await channel.read()) if isinstance(frame, Record)]
            decoder.next_round()
    return records
