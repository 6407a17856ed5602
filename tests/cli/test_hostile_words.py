"""What a target says reaches the terminal as text: no control character, on a terminal or in a pipe."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.terminal import command, environment
from tests.report.shape import HIDDEN

# Everything a sweep shows of its targets, as the command shows it, with results that say the corpus.
SWEEP = """
import asyncio, dataclasses
from pathlib import Path
from rich.console import Console
from tests.report import sample
from tests.report.corpus import CORPUS, HEAVY
from tomcat_fleet.cli.closing import Closing
from tomcat_fleet.cli.progress import Display
from tomcat_fleet.cli.word import Lang, speaker
from tomcat_fleet.model.status import Outcome, Status
from tomcat_fleet.sweep.event import Done, Started, finished
from tests.cli.test_display import summary

async def run():
    for one in CORPUS:
        if len(one.text) >= HEAVY:
            continue
        display, closing = Display(Console(stderr=True), speaker(Lang.KO), pause_s=60), Closing(Lang.KO)
        async with display.shown():
            display(Started(sweep="s", total=2, concurrency=1))
            bad = dataclasses.replace(sample.hostile(one.text), outcome=Outcome.AUDITED)
            lost = dataclasses.replace(sample.unreachable(), target=one.text, outcome_reason=one.text)
            for result in (bad, lost):
                display(finished(result))
                closing(finished(result))
            display(Done(summary=summary(), index=Path("index.html")))
        closing(Done(summary=summary(), index=Path("index.html")))
        closing.show(Console(highlight=False), 1.0)

asyncio.run(run())
print("shown")
"""
NAMES = (
    "../../etc/x",
    "a\\u001b[31mb",
    "a\\u202eb",
    "a\\u200bb",
    "a\\u0007",
    "nul\\u0000",
    "x\\u009b31m",
    "é́ \\u2066x",
)


def in_a_pipe(arguments: list[str]) -> str:
    done = subprocess.run(arguments, env=environment(), capture_output=True, timeout=300, check=False)
    return (done.stdout + done.stderr).decode()


def on_a_terminal(arguments: list[str]) -> str:
    ours, theirs = os.openpty()
    with subprocess.Popen(arguments, env=environment(TERM="xterm-256color", COLUMNS="100"), stdin=theirs, stdout=theirs,
                          stderr=theirs) as process:  # fmt: skip
        os.close(theirs)
        pieces: list[bytes] = []
        try:
            while piece := os.read(ours, 65536):
                pieces.append(piece)
        except OSError:  # Linux says that the other end is closed
            pass
        os.close(ours)
        process.wait(timeout=300)
    text = b"".join(pieces).decode()
    own = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")  # colours, the cursor and the bar
    assert own.search(text), "not shown as on a terminal"
    return own.sub("", text)


@pytest.mark.parametrize("shown", [in_a_pipe, on_a_terminal])
def test_a_sweep_shows_no_control_character_of_a_target(shown: object) -> None:
    assert callable(shown)
    text = shown([sys.executable, "-c", SWEEP])
    assert "shown" in text, text[-2000:]
    assert text.count("alert(1)") > 20
    found = HIDDEN.search(text)
    assert found is None, text[max(0, found.start() - 60) : found.end() + 20]
    print(f"{shown.__name__}: {len(text)} characters, none of them a control")  # type: ignore[attr-defined]  # noqa: T201


@pytest.mark.parametrize("verb", ["lint", "list"])
@pytest.mark.parametrize("shown", [in_a_pipe, on_a_terminal])
def test_an_inventory_is_refused_without_quoting_its_controls(tmp_path: Path, shown: object, verb: str) -> None:
    assert callable(shown)
    path = tmp_path / "fleet.toml"
    hosts = (
        f'[hosts."{name}{at}"]\naddress = "{name}"\nzone = "{name}"\nuser = "{name}"' for at, name in enumerate(NAMES)
    )
    path.write_text("\n".join(hosts) + "\n", "utf-8")
    own = "" if shown is in_a_pipe else "; printf '\\033[0m'"  # so that there is something of a terminal's
    text = shown(["/bin/sh", "-c", " ".join(command("inventory", verb, "-i", path)) + own])
    assert text.count(f"{path}:") >= 3 * len(NAMES)
    assert HIDDEN.search(text) is None, text
