"""The tables' versions: migrations are the only way that tables are made or changed."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

_MIGRATION_LOCK = 0x5E6715


def migrate(engine: Engine) -> None:
    """Bring the tables up to date in one transaction: half a migration is none."""
    with engine.connect() as plain:
        connection = plain.execution_options(seguia_writes=True)
        with connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def schema_problem(engine: Engine) -> str | None:
    """What keeps the tables from being used as they are, or None."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    with engine.connect() as connection, connection.begin():
        found = MigrationContext.configure(connection).get_current_revision()
    if found == head:
        return None
    return f"expected tables of version {head}, got {found or 'no tables'}"


def _config() -> Config:
    config = Config()
    # The path is the package's own, and may hold a percent sign, which this library would expand.
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
