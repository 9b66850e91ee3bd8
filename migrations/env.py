"""Alembic's entry: always on a connection that ``knowledge.storage.schema`` hands over."""

from alembic import context

from knowledge.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite cannot alter most of a table in place.
    render_as_batch=True,
    # ``knowledge.storage.schema`` begins the transaction that Python's sqlite3 would not.
    transactional_ddl=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
