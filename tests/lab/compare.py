"""Print the verdicts of the lab's sweep beside those expected; exit 1 where they differ. Usage: compare.py REPORT."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

EXPECTED = Path(__file__).with_name("expected.toml")


def observed(result: Mapping[str, Any]) -> dict[str, Any]:
    """What expected.toml speaks of, as one line of results.jsonl has it."""
    instances = result["instances"]
    return {
        "outcome": result["outcome"],
        "base": ", ".join(instance["base"] for instance in instances),
        "branch": ", ".join(".".join(str(instance["version"]).split(".")[:2]) for instance in instances),
        "user": ", ".join(str(instance["user"]) for instance in instances),
        "verdicts": result["verdicts"],
    }


def flat(facts: Mapping[str, Any]) -> dict[str, str]:
    """One row per fact, verdicts last."""
    verdicts: Mapping[str, str] = facts["verdicts"]
    return {name: value for name, value in facts.items() if name != "verdicts"} | dict(verdicts)


def rows(expected: Mapping[str, Mapping[str, str]], seen: Mapping[str, Mapping[str, str]]) -> Iterator[list[str]]:
    """The table; a cell that differs says both."""
    yield ["", *expected]
    for name in dict.fromkeys(name for facts in (*expected.values(), *seen.values()) for name in facts):
        yield [name, *(cell(facts.get(name), seen.get(target, {}).get(name)) for target, facts in expected.items())]


def cell(wanted: str | None, got: str | None) -> str:
    """The value, or how it differs."""
    return str(got) if wanted == got else f"{got or 'nothing'} (expected {wanted or 'nothing'})"


def leaks(report: Path, secrets: list[str]) -> list[str]:
    """Files of the report that hold a password of the containers."""
    files = (path for path in sorted(report.rglob("*")) if path.is_file())
    return [str(path) for path in files if any(secret.encode() in path.read_bytes() for secret in secrets)]


def main(report: Path) -> int:
    """Compare, print, and say what is wrong."""
    tables = tomllib.loads(EXPECTED.read_text("utf-8"))
    secrets = tables.pop("secrets")
    expected = {target: flat(facts) for target, facts in tables.items()}
    lines = (report / "results.jsonl").read_text("utf-8").splitlines()
    seen = {result["target"]: flat(observed(result)) for result in map(json.loads, lines)}
    table = list(rows(expected, seen))
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())  # noqa: T201
    leaking = leaks(report, secrets)
    for path in leaking:
        print(f"a password of the lab stands in {path}", file=sys.stderr)  # noqa: T201
    if seen != expected:
        print("verdicts differ from tests/lab/expected.toml", file=sys.stderr)  # noqa: T201
    return int(bool(leaking) or seen != expected)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
