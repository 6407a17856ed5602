"""Every format beside the pages and the results, by the name that ``--format`` takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final, TypeAlias

from tomcat_fleet.report import cklb, csv_table, defectdojo, hdf, junit, prometheus, sarif, workbook
from tomcat_fleet.report.material import Material

Write: TypeAlias = Callable[[BinaryIO, Material], None]


@dataclass(frozen=True, slots=True)
class Format:
    """The file that a format is, and what writes it. ``write`` may seek, and raises OSError only."""

    file: str
    write: Write


ALWAYS: Final = ("html", "json")  # the pages, results.jsonl and summary.json
FORMATS: Final[Mapping[str, Format]] = {
    "csv": Format("results.csv", csv_table.write),
    "xlsx": Format("results.xlsx", workbook.write),
    "junit": Format("junit.xml", junit.write),
    "prometheus": Format("metrics.prom", prometheus.write),
    "hdf": Format("results.hdf.json", hdf.write),
    "sarif": Format("results.sarif", sarif.write),
    "defectdojo": Format("defectdojo.json", defectdojo.write),
    "cklb": Format("results.cklb", cklb.write),
}
