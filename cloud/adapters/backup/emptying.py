"""A database that a failed restore has filled is emptied again, so that a second try finds it as the first did."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from cloud.adapters.store.database import masked, open_engine
from cloud.errors import CloudError, ServiceUnavailableError


@contextmanager
def emptied_on_failure(url: str) -> Iterator[None]:
    """What was empty before it was filled is empty again where the block fails, however it fails."""
    try:
        yield
    except BaseException as error:
        _emptied(make_url(url), error)
        raise


def _emptied(url: URL, why: BaseException) -> None:
    try:
        if url.get_backend_name() == "sqlite":
            for ending in ("", "-wal", "-shm"):
                Path(f"{url.database}{ending}").unlink(missing_ok=True)
        else:
            _drop_tables(url)
    except (CloudError, OSError, SQLAlchemyError) as fault:
        reason = str(fault).splitlines()[0]
        raise ServiceUnavailableError(
            f"database {masked(url)}: a restore filled it and then failed ({why}), and it could"
            f" not be emptied again ({reason}); drop the database and make it anew before a second try"
        ) from why


def _drop_tables(url: URL) -> None:
    engine = open_engine(url.render_as_string(hide_password=False))
    try:
        with engine.begin() as connection:
            preparer = connection.dialect.identifier_preparer
            for name in inspect(connection).get_table_names():
                # Tables that point at each other have no order in which they could go one by one.
                connection.exec_driver_sql(f"DROP TABLE {preparer.quote(name)} CASCADE")
    finally:
        engine.dispose()
