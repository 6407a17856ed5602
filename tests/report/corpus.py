"""The hostile strings of corpus.json: as text, and as the bytes that a target would send."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from tests.report import sample
from tomcat_fleet.model.result import TargetResult
from tomcat_fleet.model.status import Status
from tomcat_fleet.report.slug import slug


@dataclass(frozen=True)
class Hostile:
    """One entry. ``raw`` is what stands in a file or a name of a target, ``text`` what a result might hold."""

    name: str
    text: str
    raw: bytes

    @property
    def number(self) -> int:
        """Its place in the file."""
        return [one.name for one in CORPUS].index(self.name)


def _read(entry: dict[str, str | int]) -> Hostile:
    name = str(entry["name"])
    if "hex" in entry:
        raw = bytes.fromhex(str(entry["hex"]))
        return Hostile(name, raw.decode("utf-8", "surrogateescape"), raw)
    text = str(entry["text"]) * int(entry.get("times", 1))
    return Hostile(name, text, text.encode("utf-8", "surrogatepass"))


CORPUS = tuple(map(_read, json.loads((Path(__file__).parent / "corpus.json").read_text("ascii"))))

HEAVY = 100_000  # characters; such a text stands in a few fields, for it multiplies with every place that shows one


def result_with(one: Hostile) -> TargetResult:
    """A result whose every field that another could choose holds the text."""
    if len(one.text) < HEAVY:
        made = sample.hostile(one.text)
        return dataclasses.replace(made, slug=slug(f"{one.number} {one.name}"))
    found = sample.finding(
        "WT-01", Status.FAIL, "no-filter", sample.words(one.text, one.text), one.text,
        evidence=(sample.EvidenceRow(kind="status", source="/x", excerpt=one.text),),
    )  # fmt: skip
    others = [finding for finding in sample.good_findings() if finding.item != "WT-01"]
    gap = sample.GapResult(source=one.text, gap="denied", detail="", help="")
    instance = sample.instance([found, *others])
    return sample.target(one.name, (instance,), slug=slug(f"{one.number} {one.name}"), gaps=(gap,))
