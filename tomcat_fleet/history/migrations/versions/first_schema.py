"""The first schema: sweeps, hosts, instances, spans, summaries, and views for people who read it with other tools."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tomcat_fleet.history.migrations.first_views import VIEWS

revision: str = "0001"
down_revision = None


def upgrade() -> None:
    """Make everything."""
    _sweeps()
    _hosts()
    _spans()
    _summaries()
    op.execute("INSERT INTO store (id, writes) VALUES (1, 0)")
    for view in VIEWS:
        op.execute(view)


def _sweeps() -> None:
    op.create_table(
        "store",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("writes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store")),
    )
    op.create_table(
        "sweep",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sweep", sa.Text(), nullable=False),
        sa.Column("series", sa.Text(), server_default="", nullable=False),
        sa.Column("started", sa.Text(), server_default="", nullable=False),
        sa.Column("finished", sa.Text(), server_default="", nullable=False),
        sa.Column("day", sa.Text(), server_default="", nullable=False),
        sa.Column("tool", sa.Text(), server_default="", nullable=False),
        sa.Column("guide", sa.Text(), server_default="", nullable=False),
        sa.Column("tables_date", sa.Text(), server_default="", nullable=False),
        sa.Column("inventory_sha256", sa.Text(), server_default="", nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("pruned", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_sweep")),
    )
    op.create_index("ix_sweep_series", "sweep", ["series", "number"], unique=False)
    op.create_index("uq_sweep_sweep", "sweep", ["sweep"], unique=True)


def _hosts() -> None:
    op.create_table(
        "host",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), server_default="", nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("zone", sa.Text(), server_default="", nullable=False),
        sa.Column("os", sa.Text(), server_default="", nullable=False),
        sa.Column("started", sa.Text(), nullable=False),
        sa.Column("first_sweep", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("last_sweep", sa.Integer(), autoincrement=False, nullable=True),
        sa.ForeignKeyConstraint(["first_sweep"], ["sweep.number"], name=op.f("fk_host_first_sweep")),
        sa.ForeignKeyConstraint(["last_sweep"], ["sweep.number"], name=op.f("fk_host_last_sweep")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_host")),
    )
    op.create_index("uq_host_target", "host", ["target"], unique=True)
    op.create_table(
        "instance",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("host_id", sa.Integer(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), server_default="", nullable=False),
        sa.Column("account", sa.Text(), server_default="", nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("present", sa.Boolean(), nullable=False),
        sa.Column("first_sweep", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last_sweep", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["first_sweep"], ["sweep.number"], name=op.f("fk_instance_first_sweep")),
        sa.ForeignKeyConstraint(["host_id"], ["host.id"], name=op.f("fk_instance_host_id")),
        sa.ForeignKeyConstraint(["last_sweep"], ["sweep.number"], name=op.f("fk_instance_last_sweep")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instance")),
    )
    op.create_index("ix_instance_host_id", "instance", ["host_id"], unique=False)


def _spans() -> None:
    op.create_table(
        "observation",
        sa.Column("sweep_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("host_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("zone", sa.Text(), server_default="", nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reached", sa.Boolean(), nullable=False),
        sa.Column("instances", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["host_id"], ["host.id"], name=op.f("fk_observation_host_id")),
        sa.ForeignKeyConstraint(["sweep_number"], ["sweep.number"], name=op.f("fk_observation_sweep_number")),
        sa.PrimaryKeyConstraint("sweep_number", "host_id", name=op.f("pk_observation")),
    )
    op.create_index("ix_observation_host_id", "observation", ["host_id", "sweep_number"], unique=False)
    op.create_table(
        "finding",
        sa.Column("instance_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("first_sweep", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last_sweep", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("until_sweep", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("known", sa.Text(), nullable=True),
        sa.Column("known_on", sa.Text(), nullable=True),
        sa.Column("failed", sa.Boolean(), nullable=False),
        sa.Column("open_since", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["first_sweep"], ["sweep.number"], name=op.f("fk_finding_first_sweep")),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_finding_instance_id")),
        sa.ForeignKeyConstraint(["last_sweep"], ["sweep.number"], name=op.f("fk_finding_last_sweep")),
        sa.ForeignKeyConstraint(["until_sweep"], ["sweep.number"], name=op.f("fk_finding_until_sweep")),
        sa.PrimaryKeyConstraint("instance_id", "item", "first_sweep", name=op.f("pk_finding")),
    )
    op.create_index("ix_finding_first_sweep", "finding", ["first_sweep"], unique=False)
    op.create_index("ix_finding_until_sweep", "finding", ["until_sweep"], unique=False)
    op.create_table(
        "sighting",
        sa.Column("instance_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("first_sweep", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last_sweep", sa.Integer(), autoincrement=False, nullable=True),
        sa.ForeignKeyConstraint(["first_sweep"], ["sweep.number"], name=op.f("fk_sighting_first_sweep")),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_sighting_instance_id")),
        sa.ForeignKeyConstraint(["last_sweep"], ["sweep.number"], name=op.f("fk_sighting_last_sweep")),
        sa.PrimaryKeyConstraint("instance_id", "first_sweep", name=op.f("pk_sighting")),
    )


def _summaries() -> None:
    op.create_table(
        "sweep_item_summary",
        sa.Column("sweep_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["sweep_number"], ["sweep.number"], name=op.f("fk_sweep_item_summary_sweep_number")),
        sa.PrimaryKeyConstraint("sweep_number", "zone", "item", "verdict", name=op.f("pk_sweep_item_summary")),
    )
    op.create_table(
        "sweep_outcome_summary",
        sa.Column("sweep_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("targets", sa.Integer(), nullable=False),
        sa.Column("instances", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["sweep_number"], ["sweep.number"], name=op.f("fk_sweep_outcome_summary_sweep_number")),
        sa.PrimaryKeyConstraint("sweep_number", "zone", "outcome", name=op.f("pk_sweep_outcome_summary")),
    )
