import os
import shutil
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from edge import equipment as room
from edge.config import GatewayConfig
from edge.doctor import Finding, Part
from edge.equipment import CERTIFICATE_NOTICE, equipment
from tests.authority import Authority
from tests.whole_site import whole_site

NOW = datetime.now(UTC)


def config(folder: Path, **tables: Any) -> GatewayConfig:  # noqa: ANN401 -- any table, checked when it is made
    settings = {"organisation": "demo", "gateway_id": "gw-01", "data_dir": folder}
    return GatewayConfig.model_validate(settings | tables)


def found(settings: GatewayConfig, part: Part, now: datetime = NOW) -> list[Finding]:
    return [finding for finding in equipment(settings, now) if finding.part == part]


def secret(path: Path, text: str = "x", mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_plain_gateway_leans_on_nothing(tmp_path: Path) -> None:
    assert list(equipment(config(tmp_path), NOW)) == []


@pytest.mark.parametrize(
    ("left", "well", "words"),
    [
        (timedelta(days=1), True, "is valid until"),
        (timedelta(days=-1), False, "ended on"),
        (timedelta(hours=1), False, "ends in 0 days"),
    ],
)
def test_a_certificate_is_told_before_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: timedelta, words: str, *, well: bool
) -> None:
    certificate, key = Authority(tmp_path).issue("gw-01")  # valid for a day from now
    key.chmod(0o600)
    monkeypatch.setattr(room, "CERTIFICATE_NOTICE", timedelta(hours=2))
    broker = {"ca_file": tmp_path / "ca.pem", "certificate_file": certificate, "key_file": key}
    end = NOW + timedelta(days=1)
    (finding,) = found(config(tmp_path, broker=broker), "certificate", end - left)
    assert finding.well is well
    assert words in finding.text


def test_a_certificate_has_to_be_carried_so_two_weeks_are_given() -> None:
    assert timedelta(days=14) == CERTIFICATE_NOTICE


def test_what_is_no_certificate_is_told(tmp_path: Path) -> None:
    certificate = secret(tmp_path / "gw.pem", "rubbish")
    broker = {"ca_file": certificate, "certificate_file": certificate, "key_file": secret(tmp_path / "gw.key")}
    (finding,) = found(config(tmp_path, broker=broker), "certificate")
    assert "expected a certificate in PEM" in finding.text


def test_secrets_are_for_the_gateway_alone(tmp_path: Path) -> None:
    pin, key = secret(tmp_path / "pin", mode=0o644), secret(tmp_path / "command.key")
    settings = config(tmp_path, modem={"pin_file": pin, "command_key_file": key}, command_key_file=tmp_path / "none")
    told = [finding.text for finding in found(settings, "secret")]
    assert told == [
        f"{tmp_path}/none: expected a file, got none; make it (seguia gateway init) or copy it here",
        f"{pin}: others may read it; chmod 600 {pin}",
    ]
    assert not any(finding.well for finding in found(settings, "secret"))


def test_every_secret_of_a_whole_site_is_asked_for(tmp_path: Path) -> None:
    settings = whole_site(
        tmp_path,
        installer={"number_file": tmp_path / "number"},
        fallback={"seal_key_file": tmp_path / "seal", "plan_key_file": tmp_path / "plan"},
        home_assistant={"username": "x", "password_file": tmp_path / "home"},
    )
    asked = {finding.text.partition(":")[0].rpartition("/")[2] for finding in found(settings, "secret")}
    assert asked == {"gw-01.key", "site.key", "number", "seal", "home"}


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_secret_of_another_account_is_told(tmp_path: Path) -> None:
    key = secret(tmp_path / "key", mode=0o200)
    assert "chown" in found(config(tmp_path, command_key_file=key), "secret")[0].text


@pytest.mark.parametrize(
    ("text", "well", "words"),
    [
        ("ab" * 32 + "\n", True, "holds the cloud's key"),
        ("ab", False, "64 hex digits"),
        (None, False, "cloud plan key"),
    ],
)
def test_the_clouds_key_for_plans_is_there(tmp_path: Path, text: str | None, words: str, *, well: bool) -> None:
    plan = tmp_path / "plan.pub"
    if text is not None:
        plan.write_text(text)
    settings = config(tmp_path, fallback={"plan_key_file": plan, "seal_key_file": secret(tmp_path / "seal")})
    (finding,) = found(settings, "plan")
    assert finding.well is well
    assert words in finding.text


def test_a_disk_without_room_for_files_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.statvfs(tmp_path)
    full = os.statvfs_result((*tuple(real)[:5], 100_000, 10, 10, *tuple(real)[8:]))
    monkeypatch.setattr(os, "statvfs", lambda _: full)
    (finding,) = found(config(tmp_path), "data")
    assert "room for 10 more files only" in finding.text


def test_a_data_folder_that_is_not_there_is_told_elsewhere(tmp_path: Path) -> None:
    assert found(config(tmp_path / "none"), "data") == []


def camera(**settings: Any) -> dict[str, Any]:  # noqa: ANN401 -- any setting
    return {"camera_id": "mast", "parcel_id": "P1", **settings}


def test_cameras_are_where_they_are_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = tmp_path / "card"

    def told(**settings: Any) -> Finding:  # noqa: ANN401 -- any setting
        (finding,) = found(config(tmp_path, camera=[camera(**settings)]), "camera")
        return finding

    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert "apt install rpicam-apps-lite" in told(kind="csi").text
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}" if name.startswith("libcamera") else None)
    assert told(kind="csi").text == "mast (csi): asked through /usr/bin/libcamera-still"
    assert "expected a device, got none" in told(kind="v4l2", device=tmp_path / "video0").text
    assert told(kind="v4l2", device="/dev/null").well
    assert "mount the card" in told(kind="card", folder=card).text
    card.mkdir()
    assert told(kind="card", folder=card).well
    assert told(kind="rtsp", url="rtsp://cam/1").text == "mast (rtsp): rtsp://cam/1"


def test_a_device_that_may_not_be_opened_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    (finding,) = found(config(tmp_path, camera=[camera(kind="v4l2", device="/dev/null")]), "camera")
    assert "join its group" in finding.text


def test_lines_answer_or_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def told(**bus: Any) -> Finding:  # noqa: ANN401 -- any setting
        (finding,) = found(config(tmp_path, bus=[{"name": "probes", **bus}]), "bus")
        return finding

    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        assert told(kind="chirpstack", port=port).text == f"probes (chirpstack): 127.0.0.1:{port} answers"
    assert "expected an answer, got: Connection refused" in told(kind="chirpstack", port=port).text
    assert "expected a device" in told(kind="sdi12", device=tmp_path / "none").text
    monkeypatch.setattr(room, "find_spec", lambda _: None)
    assert "pip install '.[edge-sensors]'" in told(kind="modbus_tcp").text


def test_releases_need_their_root_and_their_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "root.json"
    settings = config(tmp_path, updates={"url": "https://updates.example.org/", "root_file": root})
    assert "carry it here by hand" in found(settings, "updates")[0].text
    root.write_text('{"signed": {"version": 3}}')
    text = found(settings, "updates")[0].text
    assert text.startswith(f"{root} is root 3 of the repository; all as installed; last look never")
    monkeypatch.setattr(room, "find_spec", lambda _: None)
    assert "pip install '.[edge,updates]'" in found(settings, "updates")[0].text
