"""The doctor asks for a backup that is young, and says how to make one."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cloud.adapters.backup.making import SUFFIX
from cloud.commands.cloud_check import _backup
from cloud.config import CloudConfig
from cloud.errors import MissingDataError

PUBLIC = "age1" + "q" * 58


def config(folder: Path | None) -> CloudConfig:
    section = {} if folder is None else {"folder": folder, "recipients": [PUBLIC]}
    return CloudConfig.model_validate({"organisation": "office", "backup": section})


def put(folder: Path, age: timedelta) -> None:
    stamp = (datetime.now(UTC) - age).strftime("%Y%m%dT%H%M%SZ")
    (folder / f"office-{stamp}{SUFFIX}").write_bytes(b"sealed")


def test_none_is_a_note_where_none_is_configured() -> None:
    assert _backup(config(None)).startswith("none made yet")


def test_a_folder_without_a_backup_is_bad(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match="expected a backup, got none"):
        _backup(config(tmp_path))


def test_the_newest_decides(tmp_path: Path) -> None:
    put(tmp_path, timedelta(days=5))
    with pytest.raises(MissingDataError, match="got one 5 days old"):
        _backup(config(tmp_path))
    put(tmp_path, timedelta(hours=20))
    assert "of 2; try one" in _backup(config(tmp_path))
