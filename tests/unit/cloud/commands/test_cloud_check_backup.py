"""The doctor asks for a backup that is young, and says how to make one."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cloud.adapters.backup.making import SUFFIX
from cloud.commands.cloud_check import _backup
from cloud.config import CloudConfig
from cloud.errors import ConfigurationError, MissingDataError

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


def beside(data: Path, folder: Path) -> CloudConfig:
    return config(folder).model_copy(update={"data_dir": data})


def test_a_folder_below_the_data_is_lost_with_them(tmp_path: Path) -> None:
    (tmp_path / "data" / "backups").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "data")
    put(tmp_path / "data" / "backups", timedelta(hours=20))
    for folder in (tmp_path / "data" / "backups", tmp_path / "link" / "backups", tmp_path / "data"):
        with pytest.raises(ConfigurationError, match="expected a folder outside the data folder"):
            _backup(beside(tmp_path / "data", folder))


def test_the_same_disk_is_a_note_and_another_one_is_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, folder = tmp_path / "data", tmp_path / "backups"
    data.mkdir()
    folder.mkdir()
    put(folder, timedelta(hours=20))
    told = _backup(beside(data, folder))
    assert told.startswith("none on another disk: ")
    assert "same disk as the data: carry backups elsewhere" in told
    disk = Path.stat

    def elsewhere(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        found = disk(path, follow_symlinks=follow_symlinks)
        return found if path != folder else os.stat_result((*found[:2], found.st_dev + 1, *found[3:]))

    monkeypatch.setattr(Path, "stat", elsewhere)
    assert _backup(beside(data, folder)).startswith("office-")
