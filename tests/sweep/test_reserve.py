"""Room that is set aside, and given back in time."""

from __future__ import annotations

import errno
import os
import resource
import stat
from pathlib import Path

import pytest

from tomcat_fleet.errors import ConfigError
from tomcat_fleet.sweep.reserve import NAME, SIZE, Reserve, check, is_full


def test_the_room_is_really_taken_private_and_given_back(tmp_path: Path) -> None:
    with Reserve(tmp_path) as room:
        found = (tmp_path / NAME).stat()
        assert found.st_size == SIZE
        assert found.st_blocks * 512 >= SIZE  # not sparse
        assert stat.S_IMODE(found.st_mode) == 0o600
        room.release()
        assert not (tmp_path / NAME).exists()
    with Reserve(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_what_an_earlier_sweep_left_is_replaced(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"x")
    with Reserve(tmp_path):
        assert (tmp_path / NAME).stat().st_size == SIZE


def test_without_room_nothing_is_left_behind(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SIZE - 1, hard))
    try:
        with pytest.raises(ConfigError, match="needs 16 MiB of free space"), Reserve(tmp_path):
            raise AssertionError
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_does_not_exist_yet_is_judged_by_where_it_will_be(tmp_path: Path) -> None:
    check(tmp_path / "a" / "b" / "c")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ConfigError, match="needs 16 MiB of free space"):
        check(Path("/proc/report"))  # a file system without room


@pytest.mark.parametrize(
    ("number", "full"), [(errno.ENOSPC, True), (errno.EDQUOT, True), (errno.EFBIG, True), (errno.EIO, False)]
)
def test_a_full_disk_is_told_from_a_broken_one(number: int, full: bool) -> None:  # noqa: FBT001 - table
    assert is_full(OSError(number, os.strerror(number))) is full
