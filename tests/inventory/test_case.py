"""Every file of ``cases/`` is an inventory with what it must become: targets, or exact fault and warning lines."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tomcat_fleet.errors import InventoryError
from tomcat_fleet.inventory import Inventory, load

_FOLDER = Path(__file__).parent / "cases"


def _cases() -> list[Any]:
    found = []
    for path in sorted(_FOLDER.glob("*.toml")):
        for name, case in tomllib.loads(path.read_text("utf-8")).items():
            found.append(pytest.param(case, id=f"{path.stem}-{name}"))
    return found


def _load(case: dict[str, Any], monkeypatch: pytest.MonkeyPatch, folder: Path) -> Inventory:
    for name, text in case["files"].items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("{HERE}", str(folder)), "utf-8")
    monkeypatch.chdir(folder)
    sources = case.get("sources", [next(iter(case["files"]))])
    config = Path(case["ssh_config"]) if "ssh_config" in case else None
    return load([Path(source) for source in sources], case.get("limit"), config)


def _plain(target: object, fields: dict[str, Any]) -> dict[str, Any]:
    """The named fields of a target, as TOML can write them; an unset field is the word ``unset``."""
    assert dataclasses.is_dataclass(target)
    assert not isinstance(target, type)
    values = dataclasses.asdict(target)
    found = {}
    for name in fields:
        value = values[name]
        if name == "instances":
            value = [{key: part for key, part in hint.items() if part} for hint in value]
            value = [
                hint | {"was_accounts": list(hint["was_accounts"])} if "was_accounts" in hint else hint
                for hint in value
            ]
        if name == "become" and value:
            value = {key: part for key, part in value.items() if part is not None}
        found[name] = "unset" if value is None else list(value) if isinstance(value, tuple) else value
    return found


def _placed(part: Any, folder: Path) -> Any:
    """``{HERE}`` replaced, which only what has to be absolute needs."""
    if isinstance(part, dict):
        return {name: _placed(value, folder) for name, value in part.items()}
    if isinstance(part, list):
        return [_placed(value, folder) for value in part]
    return part.replace("{HERE}", str(folder)) if isinstance(part, str) else part


@pytest.mark.parametrize("case", _cases())
def test_inventory_becomes_what_the_case_says(
    case: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert ("targets" in case) != ("faults" in case)
    if "faults" in case:
        with pytest.raises(InventoryError) as raised:
            _load(case, monkeypatch, tmp_path)
        assert [str(fault) for fault in raised.value.faults] == case["faults"]
        return
    inventory = _load(case, monkeypatch, tmp_path)
    assert [target.name for target in inventory.targets] == list(case["targets"])
    for target in inventory.targets:
        wanted = _placed(case["targets"][target.name], tmp_path)
        assert {target.name: _plain(target, wanted)} == {target.name: wanted}
    jumps = case.get("jumps", {})
    assert {name: _plain(jump, jumps.get(name, {})) for name, jump in inventory.jumps.items()} == jumps
    assert [str(fault) for fault in inventory.warnings] == case.get("warnings", [])
    assert sorted(inventory.files) == sorted(_placed(case.get("read", list(inventory.files)), tmp_path))
