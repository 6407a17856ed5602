"""Every case file: the verdict is in the file name, the check in the folder's."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.case import load
from tests.checks.proof import prove

FILES = sorted(Path(__file__).parent.glob("*/*.toml"))


def _id(path: Path) -> str:
    golden = "+".join(map(str, load(path).golden))
    return f"{path.parent.name}/{path.stem}" + (f" golden {golden}" if golden else "")


@pytest.mark.parametrize("path", FILES, ids=_id)
def test_case(path: Path) -> None:
    prove(path)
