"""The command as a process whose memory is watched."""

from __future__ import annotations

import json
import subprocess
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cli.terminal import command, environment

_LIMIT_S = 240
_TEXTS = frozenset({".html", ".json", ".jsonl", ".csv", ""})
_HIDDEN = frozenset({"Cc", "Cf", "Cs"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What a finished audit left, and the most memory it ever had, in MiB."""

    code: int
    out: str
    err: str
    seconds: float
    peak_mib: float
    report: Path

    @property
    def lines(self) -> list[dict[str, Any]]:
        """results.jsonl, parsed."""
        return [json.loads(line) for line in (self.report / "results.jsonl").read_text("utf-8").splitlines()]

    def hidden_characters(self) -> Iterator[tuple[str, str]]:
        """Control and format characters in anything that was said or written, and where."""
        texts = {"stdout": self.out, "stderr": self.err}
        files = [path for path in self.report.rglob("*") if path.is_file() and path.suffix in _TEXTS]
        assert len(files) > len(self.lines)
        texts |= {str(path): path.read_text("utf-8") for path in files}
        for name, text in texts.items():
            found = {char for char in set(text) if unicodedata.category(char) in _HIDDEN and char != "\n"}
            yield from ((name, repr(char)) for char in sorted(found))


def audit(directory: Path, inventory: str, *options: str) -> Watched:
    """Run ``audit`` over ``inventory`` to its end."""
    fleet, report = directory / "fleet.toml", directory / "report"
    fleet.write_text(inventory, "utf-8")
    with (directory / "out").open("wb") as out, (directory / "err").open("wb") as err:
        began = time.monotonic()
        with subprocess.Popen(
            command("audit", "-i", fleet, "-o", report, *options), env=environment(), stdout=out, stderr=err
        ) as process:
            peak = 0
            try:
                while process.poll() is None:
                    assert time.monotonic() - began < _LIMIT_S
                    peak = max(peak, _peak_kib(process.pid))
                    time.sleep(0.02)
            finally:
                process.kill()
        seconds = time.monotonic() - began
    texts = [(directory / name).read_text("utf-8") for name in ("out", "err")]
    return Watched(
        code=process.returncode, out=texts[0], err=texts[1], seconds=seconds, peak_mib=peak / 1024, report=report
    )


def _peak_kib(pid: int) -> int:
    """The most memory a process ever had; 0 when it has just ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("ascii")
    except OSError:
        return 0
    return int(status.partition("VmHWM:")[2].split()[0]) if "VmHWM:" in status else 0
