"""The real ``ansible-inventory``, asked many times."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.need import need

_ASKED = Path(__file__).with_name("ansible_lists.py")


class Listing(NamedTuple):
    """What the tool printed."""

    code: int
    output: str
    errors: str

    @property
    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.output)
        return found

    def variables(self, host: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.data["_meta"]["hostvars"].get(host, {})
        return found

    def members(self) -> dict[str, frozenset[str]]:
        """Hosts of every group, those of its children too."""
        groups = {name: part for name, part in self.data.items() if name != "_meta"}

        def below(name: str) -> frozenset[str]:
            part = groups.get(name, {})
            return frozenset(part.get("hosts", ())).union(*map(below, part.get("children", ())))

        return {name: below(name) for name in groups}


class AnsibleInventory:
    """One warm process. ``folder`` holds the inventory, in a file ``hosts``."""

    def __init__(self, work: Path) -> None:
        self.folder = work / "inventory"
        self.write({"hosts": "h\n"})
        script = Path(need("ansible-inventory"))
        beside = script.resolve().with_name("python3")
        python = (
            str(beside) if beside.exists() else script.read_text("utf-8").splitlines()[0].removeprefix("#!").strip()
        )
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
        self._process = subprocess.Popen(
            [python, str(_ASKED), str(script), str(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={
                **environment,
                "LC_ALL": "C.UTF-8",
                "HOME": str(work),
                "ANSIBLE_INVENTORY_UNPARSED_FAILED": "true",
            },
            cwd=work,
        )

    def write(self, files: Mapping[str, str]) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")

    def list(self) -> Listing:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"\n")
        self._process.stdin.flush()
        return Listing(**json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(20)
