import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest

from edge.commissioning.founding import Founded, Wishes, found, proposed
from edge.config import GatewayConfig
from edge.errors import ConfigurationError
from edge.installer import read_installer_number


def founded(folder: Path, **wishes: object) -> Founded:
    known: dict[str, Any] = {"organisation": "demo", "gateway_id": "gw-01", "parcel_id": "P1", **wishes}
    return found(folder / "new" / "gateway.toml", Wishes(**known))


def test_one_line_makes_a_gateway_that_can_be_read_its_folders_and_keys(tmp_path: Path) -> None:
    made = founded(tmp_path, crop="soybean", profile="zero2w")
    assert made.config.watch[0].folder.is_dir()
    assert made.config.data_dir.is_dir()
    assert made.config.profile == "zero2w"
    assert made.config.delivery.outbox_cap_mb == 32.0, "what its machine can spare"
    assert made.keys.made[0] == "gateway.key"
    assert made.next_steps[-2].startswith("seguia gateway check --config ")
    assert made.next_steps[-1].startswith("seguia gateway page --config ")


def test_a_gateway_with_camera_modem_installer_and_tls_is_one_line_too(tmp_path: Path) -> None:
    made = founded(
        tmp_path,
        broker="mqtt.example",
        tls=True,
        cameras=("v4l2:/dev/video0",),
        modem=Path("/dev/ttyUSB2"),
        installer="+212 600 00 00 00",
        language="ar",
    )
    config = made.config
    assert (config.broker.host, config.broker.port) == ("mqtt.example", 8883)
    assert config.broker.key_file == made.keys.tls_key
    assert config.broker.certificate_file == made.keys.certificate
    assert config.camera[0].device == Path("/dev/video0")
    assert config.watch == ()
    assert config.modem is not None
    assert config.modem.command_key_file == made.keys.command_key
    assert config.installer is not None
    assert config.installer.language == "ar"
    assert read_installer_number(config.installer) == "+212600000000"
    assert "+212600000000" not in (tmp_path / "new" / "gateway.toml").read_text()
    told = " ".join(made.next_steps)
    assert "gateway.csr to the office" in told
    assert "command.key to the cloud" in told
    assert "plan.pub to the office" in told


@pytest.mark.parametrize(
    ("camera", "fields"),
    [
        ("csi", {"kind": "csi"}),
        ("rtsp://10.0.0.5:554/main", {"kind": "rtsp", "url": "rtsp://10.0.0.5:554/main"}),
        ("mlx90640:/dev/i2c-1", {"kind": "mlx90640", "device": Path("/dev/i2c-1")}),
    ],
)
def test_every_kind_of_camera_is_named_with_its_place(tmp_path: Path, camera: str, fields: dict[str, object]) -> None:
    (table,) = founded(tmp_path, cameras=(camera,)).config.camera
    assert {name: getattr(table, name) for name in fields} == fields


def test_each_camera_gets_a_table_of_its_own(tmp_path: Path) -> None:
    tables = founded(tmp_path, cameras=("csi", "v4l2:/dev/video1")).config.camera
    assert [(table.camera_id, table.kind) for table in tables] == [("camera-1", "csi"), ("camera-2", "v4l2")]


def test_the_file_of_a_service_keeps_what_it_writes_where_the_service_may_write() -> None:
    wishes = Wishes(organisation="demo", gateway_id="gw-01", parcel_id="P01")
    installed = tomllib.loads(proposed(Path("/etc/seguia/gateway.toml"), wishes))
    assert installed["data_dir"] == "/var/lib/seguia"
    (watch,) = GatewayConfig.model_validate(installed).watch
    assert watch.folder == Path("/var/lib/seguia/photos/P01")
    assert watch.rejected.is_relative_to("/var/lib/seguia")
    beside = tomllib.loads(proposed(Path("gateway.toml"), wishes))
    assert beside["data_dir"] == "data"
    assert beside["watch"][0]["folder"] == "photos/P01"


def test_a_broker_elsewhere_without_tls_is_pointed_out(tmp_path: Path) -> None:
    assert "without TLS" in founded(tmp_path, broker="mqtt.example").next_steps[0]


@pytest.mark.parametrize(
    ("wishes", "part"),
    [
        ({"cameras": ("csi", "v4l2")}, "--camera: expected csi"),
        ({"cameras": ("telescope:/dev/x",)}, "--camera: expected csi"),
        ({"broker": "host:many"}, "--broker: expected"),
        ({"installer": "0600000000"}, "--installer: expected a number"),
        ({"gateway_id": "a/b"}, "gateway_id: expected"),
        ({"modem": Path("/dev/null"), "broker": "mqtt.example"}, "modem needs broker.ca_file"),
        ({"command_key": Path("/does/not/exist")}, "expected a key of 64 hex digits"),
    ],
)
def test_what_could_not_work_is_refused_before_anything_is_written(
    tmp_path: Path, wishes: dict[str, Any], part: str
) -> None:
    with pytest.raises(ConfigurationError, match=part):
        founded(tmp_path, **wishes)
    assert not (tmp_path / "new").exists()


def test_keys_of_the_cloud_are_brought_along_and_none_is_made_instead(tmp_path: Path) -> None:
    (tmp_path / "cloud.key").write_text("ab" * 32 + "\n")
    (tmp_path / "cloud-plan.pub").write_text("cd" * 32)
    made = founded(
        tmp_path, modem=Path("/dev/null"), command_key=tmp_path / "cloud.key", plan_key=tmp_path / "cloud-plan.pub"
    )
    assert made.keys.command_key.read_text() == "ab" * 32 + "\n"
    assert stat.S_IMODE(made.keys.command_key.stat().st_mode) == 0o600
    assert "command.key" not in made.keys.made
    assert made.config.fallback is not None
    assert made.config.fallback.plan_key_file.read_text() == "cd" * 32 + "\n"
    assert made.config.fallback.seal_key_file == made.keys.plan_key
    assert not any("command.key" in step for step in made.next_steps)
    assert any("plan.pub to the office" in step for step in made.next_steps), "the office seals plans to it"


def test_the_command_key_counts_without_a_modem_too(tmp_path: Path) -> None:
    (tmp_path / "cloud.key").write_text("ab" * 32 + "\n")
    brought = founded(tmp_path, command_key=tmp_path / "cloud.key")
    assert brought.config.command_key_file == brought.keys.command_key
    (tmp_path / "again").mkdir()
    made = founded(tmp_path / "again")
    assert made.config.command_key_file == made.keys.command_key
    assert any("command.key to the cloud (command_key_file)" in step for step in made.next_steps)


def test_a_key_of_another_length_is_refused(tmp_path: Path) -> None:
    (tmp_path / "short").write_text("abcd")
    with pytest.raises(ConfigurationError, match="another length"):
        founded(tmp_path, plan_key=tmp_path / "short")


def test_nothing_that_exists_is_overwritten(tmp_path: Path) -> None:
    founded(tmp_path)
    key = (tmp_path / "new" / "keys" / "gateway.key").read_bytes()
    with pytest.raises(ConfigurationError, match="expected no such file yet"):
        founded(tmp_path)
    (tmp_path / "new" / "gateway.toml").unlink()
    assert founded(tmp_path).keys.made == ()
    assert (tmp_path / "new" / "keys" / "gateway.key").read_bytes() == key
