"""The awkward base and the sets of tools, for the tests that need both."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collect import nasty
from tests.collect.toolset import LOGIN_SHELLS, Workshop, workshop
from tests.need import need


@pytest.fixture(scope="module")
def shop() -> Iterator[Workshop]:
    """A workshop with the awkward base beside it."""
    for what in ("root", "mount-namespaces", "bsdtar", "unzip", *LOGIN_SHELLS.values()):
        need(what)
    place = Path(tempfile.mkdtemp(prefix="tf-matrix-", dir="/var/tmp"))
    place.chmod(0o755)
    nasty.plant(place / "base")
    yield workshop(place)
    shutil.rmtree(place)
