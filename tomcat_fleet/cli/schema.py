"""``tomcat-fleet schema``: the contract of results.jsonl and summary.json."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated, Any

import typer

from tomcat_fleet.report import schema as report


class Document(StrEnum):
    """What a schema describes."""

    ALL = "all"
    TARGET_RESULT = "target-result"
    SWEEP_SUMMARY = "sweep-summary"


_SCHEMAS: Mapping[Document, Callable[[], dict[str, Any]]] = {
    Document.ALL: report.schema,
    Document.TARGET_RESULT: report.target_schema,
    Document.SWEEP_SUMMARY: report.summary_schema,
}


def schema(
    document: Annotated[
        Document, typer.Argument(help="A line of results.jsonl, summary.json, or either.")
    ] = Document.ALL,
) -> None:
    """Print the JSON Schema (2020-12) of the result files."""
    typer.echo(json.dumps(_SCHEMAS[document](), ensure_ascii=False, indent=2))
