"""What floods cost the auditor: bounded by the window while they are not read, by the caps while they are."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.terminal import environment
from tests.conftest import Figure
from tests.hostile.fleet import Fleet, fleet

CAPS = {
    "flood": "standard output exceeds 67108864 bytes",
    "errflood": "standard error exceeds 4194304 bytes",
}


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with fleet(tmp_path_factory.mktemp("servers")) as found:
        yield found


def measured(servers: Fleet, user: str, count: int, way: str = "asyncssh") -> dict[str, Any]:
    directory: Path = servers.directory
    done = subprocess.run(
        [sys.executable, "-m", "tests.hostile.holding", str(servers.port), str(directory / "known_hosts"),
         str(directory / "user_key"), user, str(count), way],
        env=environment(), capture_output=True, timeout=120, check=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("user", ["flood", "errflood"])
def test_sixty_floods_that_are_not_read_cost_little(user: str, servers: Fleet, figure: Figure) -> None:
    found = measured(servers, user, 60)
    figure(f"60 x {user} that is not read: {found['mib']:.1f} MiB (goal: below 40)")
    assert found["mib"] < 40


def test_floods_that_are_not_read_cost_little_by_paramiko_too(servers: Fleet, figure: Figure) -> None:
    found = measured(servers, "flood", 60, "paramiko")
    figure(f"60 x flood that is not read, by paramiko: {found['mib']:.1f} MiB (goal: below 40)")
    assert found["mib"] < 40


@pytest.mark.parametrize("user", CAPS)
def test_a_flood_that_is_read_ends_at_its_cap(user: str, servers: Fleet, figure: Figure) -> None:
    found = measured(servers, user, 0)
    figure(f"{user} read to its cap: {found['mib']:.1f} MiB (goal: below 32), {found['seconds']:.2f} s (goal: 2)")
    assert found["reason"] == CAPS[user]
    assert found["read"] <= 64 << 20
    assert found["mib"] < 32
    assert found["seconds"] < 30
