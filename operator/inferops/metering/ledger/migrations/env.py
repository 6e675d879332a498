"""What alembic runs: migrate.py gives the connection, and its transaction."""  # noqa: INP001  alembic loads it by its path

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
