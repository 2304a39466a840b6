"""``seguia gateway clock``: the time that is believed, and an operator's word."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.commands.gateway_clock import clock
from edge.database import Database
from edge.errors import ConfigurationError
from edge.logbook import Logbook


def gateway(folder: Path) -> Path:
    file = folder / "gateway.toml"
    file.write_text('organisation = "demo"\ngateway_id = "gw-01"\n')
    return file


def test_a_floor_that_was_wrong_ahead_is_told_and_forgiven_by_an_operator(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = gateway(tmp_path)
    database = Database(tmp_path / "data" / "outbox.sqlite", tell=lambda _: None)
    ahead = datetime.now(UTC) + timedelta(days=400)
    with database.transaction() as connection:
        connection.execute("INSERT INTO remembered VALUES ('time_by_cloud', ?)", (ahead.isoformat(timespec="seconds"),))
    Logbook(database).note_time(ahead)
    clock(file)
    assert f"believed   {ahead:%Y-%m-%d}" in (said := capsys.readouterr().out)
    assert "(floor)" in said
    clock(file, believe=True)
    said = capsys.readouterr().out
    assert f"believed   {datetime.now(UTC):%Y-%m-%d}" in said
    assert f"floor      {datetime.now(UTC):%Y-%m-%d}" in said
    assert "(floor)" not in said
    database.close()


def test_a_gateway_that_never_ran_has_no_time_to_tell(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="run the gateway first"):
        clock(gateway(tmp_path))
