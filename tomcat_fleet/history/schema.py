"""The tables, one definition for SQLite and PostgreSQL. Migrations bring an older database to this state.

Sweeps are numbered in the order in which they were recorded; for every host that is also the order in time. A span
holds from ``first_sweep`` until ``until_sweep``, which found it to be no longer so; without one it stands.
``last_sweep`` is the last observation of a span that has ended; one that stands was last observed when its instance
was.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, MetaData, Table, Text, text

APPLICATION: Final = 0x544D4648  # SQLite's application id, "TMFH"
VERSION_TABLE: Final = "history_version"
HEAD: Final = "0001"  # the last of the migrations

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(column_0_label)s",
    }
)


def _number(name: str) -> Column[int]:
    return Column(name, Integer, primary_key=True, autoincrement=False)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _sweep(name: str, *, key: bool = False, known: bool = True) -> Column[int]:
    return Column(name, Integer, ForeignKey("sweep.number"), primary_key=key, nullable=not known, autoincrement=False)


store = Table("store", metadata, _number("id"), Column("writes", Integer, nullable=False))  # one row, the writers' lock

sweep = Table(
    "sweep", metadata, _number("number"),
    Column("sweep", Text, nullable=False),
    *(_text(name) for name in ("series", "started", "finished", "day", "tool", "guide", "tables_date",
                               "inventory_sha256")),
    Column("content", Text, nullable=False),  # hash of everything recorded
    Column("pruned", Boolean, nullable=False, server_default=text("false")),
    Index("uq_sweep_sweep", "sweep", unique=True),
    Index("ix_sweep_series", "series", "number"),
)  # fmt: skip

host = Table(
    "host", metadata, _number("id"),
    Column("target", Text, nullable=False),
    *(_text(name) for name in ("slug", "address", "zone", "os")),
    Column("started", Text, nullable=False),  # of the last sweep that had it, whatever the outcome
    _sweep("first_sweep", known=False),  # that reached it
    _sweep("last_sweep", known=False),
    Index("uq_host_target", "target", unique=True),
)  # fmt: skip

instance = Table(
    "instance", metadata, _number("id"),
    Column("host_id", Integer, ForeignKey("host.id"), nullable=False),
    Column("base", Text, nullable=False),
    _text("version"), _text("account"),
    Column("digest", Text, nullable=False),  # of the spans that stand; empty when it is gone
    Column("present", Boolean, nullable=False),  # when its host was last reached
    _sweep("first_sweep"), _sweep("last_sweep"),
    Index("ix_instance_host_id", "host_id"),  # a base may be longer than PostgreSQL lets an index hold
)  # fmt: skip

observation = Table(
    "observation", metadata,
    _sweep("sweep_number", key=True),
    Column("host_id", Integer, ForeignKey("host.id"), primary_key=True, autoincrement=False),
    _text("zone"),
    Column("outcome", Text, nullable=False),
    Column("reached", Boolean, nullable=False),
    Column("instances", Integer, nullable=False),
    Index("ix_observation_host_id", "host_id", "sweep_number"),
)  # fmt: skip

# Sweeps in a row that reached the host and found the instance there.
sighting = Table(
    "sighting", metadata,
    Column("instance_id", Integer, ForeignKey("instance.id"), primary_key=True, autoincrement=False),
    _sweep("first_sweep", key=True), _sweep("last_sweep", known=False),
)  # fmt: skip

finding = Table(
    "finding", metadata,
    Column("instance_id", Integer, ForeignKey("instance.id"), primary_key=True, autoincrement=False),
    Column("item", Text, primary_key=True),
    _sweep("first_sweep", key=True), _sweep("last_sweep", known=False), _sweep("until_sweep", known=False),
    Column("verdict", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("detail", Text, nullable=False),  # of the evidence when the span began
    Column("known", Text),  # the last verdict that was pass, not_applicable or fail, this one included
    Column("known_on", Text),  # day of its last observation, where this span's own verdict says nothing
    Column("failed", Boolean, nullable=False),  # ever, up to this span
    Column("open_since", Text),  # day of the first failure of the streak that goes on in this span
    Index("ix_finding_first_sweep", "first_sweep"),
    Index("ix_finding_until_sweep", "until_sweep"),
)  # fmt: skip

sweep_item_summary = Table(
    "sweep_item_summary", metadata,
    _sweep("sweep_number", key=True),
    *(Column(name, Text, primary_key=True) for name in ("zone", "item", "verdict")),
    Column("n", Integer, nullable=False),
)  # fmt: skip

sweep_outcome_summary = Table(
    "sweep_outcome_summary", metadata,
    _sweep("sweep_number", key=True),
    *(Column(name, Text, primary_key=True) for name in ("zone", "outcome")),
    Column("targets", Integer, nullable=False),
    Column("instances", Integer, nullable=False),
)  # fmt: skip
