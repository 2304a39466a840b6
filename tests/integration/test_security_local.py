"""What other people of the same machine or network can do: names, folders, links and lines that are not TLS."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from cloud import config as cloud_config
from cloud.adapters.sms.spool import SpoolCarrier
from edge.settings import broker as edge_broker
from simulations.demo.site import MARK, DemoFolderError, prepare_folder

BROKERS = [edge_broker.BrokerConfig, cloud_config.BrokerConfig]


def test_one_photo_whose_name_is_no_text_does_not_end_the_batch(tmp_path: Path, repository: Path) -> None:
    for name in (b"\xff.jpg", "a\x9b2Jb.jpg".encode(), "حقل.jpg".encode()):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(b"no photo")
    answer = subprocess.run(
        [sys.executable, "-m", "seguia", "detect", str(tmp_path)],
        cwd=repository,
        env={**os.environ, "PYTHONIOENCODING": "utf-8:strict"},
        capture_output=True,
        timeout=120,
        check=False,
    )
    lines = answer.stdout.decode("utf-8").splitlines()
    assert {Path(json.loads(line)["path"]).name for line in lines} == {"\udcff.jpg", "a\x9b2Jb.jpg", "حقل.jpg"}
    assert "حقل.jpg" in answer.stdout.decode()
    for written in (answer.stdout.decode(), answer.stderr.decode()):
        assert "\x9b" not in written
    assert answer.returncode == 1


@pytest.mark.parametrize("made", BROKERS)
def test_a_password_never_crosses_a_network_in_the_clear(made: Any, tmp_path: Path) -> None:  # noqa: ANN401 -- two classes
    for host in ("192.168.1.10", "broker.example", "0.0.0.0", "127.0.0.1.example"):
        with pytest.raises(ValidationError, match="username needs ca_file"):
            made(host=host, username="g1", password_file=tmp_path / "password")
        assert made(host=host).host == host
        assert made(host=host, username="g1", ca_file=tmp_path / "ca.pem").username == "g1"
    for host in ("localhost", "127.0.0.1", "127.9.9.9", "::1"):
        assert made(host=host, username="g1").host == host


def test_a_spool_folder_is_its_owners_alone(tmp_path: Path) -> None:
    SpoolCarrier(tmp_path / "spool").check()
    assert stat.S_IMODE((tmp_path / "spool").stat().st_mode) == 0o700


def test_the_demo_starts_afresh_in_its_own_folder_only(tmp_path: Path) -> None:
    prepare_folder(tmp_path / "demo")
    (tmp_path / "demo" / "left").write_text("x")
    prepare_folder(tmp_path / "demo")
    assert sorted(path.name for path in (tmp_path / "demo").iterdir()) == ["gateway", "inputs", MARK]


def test_the_demo_follows_no_link_into_another_folder(tmp_path: Path) -> None:
    others = tmp_path / "others"
    prepare_folder(others)
    (others / "kept").write_text("x")
    (tmp_path / "link").symlink_to(others)
    with pytest.raises(DemoFolderError, match="expected an empty folder"):
        prepare_folder(tmp_path / "link")
    forged = tmp_path / "forged"
    forged.mkdir()
    (forged / "kept").write_text("x")
    (forged / MARK).symlink_to(others / MARK)
    with pytest.raises(DemoFolderError, match="expected an empty folder"):
        prepare_folder(forged)
    assert (others / "kept").is_file()
    assert (forged / "kept").is_file()


def test_what_the_demo_cannot_remove_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare_folder(tmp_path / "demo")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("shutil.rmtree", refuse)
    with pytest.raises(DemoFolderError, match="Permission denied"):
        prepare_folder(tmp_path / "demo")
