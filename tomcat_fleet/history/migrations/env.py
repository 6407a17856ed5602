"""How Alembic runs the steps: on the connection that it is handed, in one transaction."""

from __future__ import annotations

from alembic import context

from tomcat_fleet.history.schema import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, version_table=VERSION_TABLE
)
with context.begin_transaction():
    context.run_migrations()
