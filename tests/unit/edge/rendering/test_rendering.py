import configparser
import re
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
from typer.testing import CliRunner

from edge.commands.gateway_render import render
from edge.config_file import write_config
from edge.contract import Topic
from edge.errors import ConfigurationError
from edge.rendering.blank import filled, plain
from edge.rendering.broker import FROM_GATEWAY, TO_GATEWAY
from edge.rendering.folder import rendered, write
from edge.rendering.notes import notes
from edge.rendering.units import Installation
from edge.settings.profile import PROFILE_NAMES, PROFILES, profile_settings
from tests.whole_site import whole_site


def unit(text: str) -> configparser.SectionProxy:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys of units keep their case
    parser.read_string(text)
    return parser["Service"]


def test_no_blank_is_left_open_and_no_file_is_empty() -> None:
    files = rendered(whole_site())
    assert len(files) >= 20
    assert [name for name, text in files.items() if "{{" in text or not text.strip()] == []
    assert [name for name, text in files.items() if not text.endswith("\n") or "None" in text] == []


@pytest.mark.parametrize("name", PROFILE_NAMES)
def test_each_machine_gets_its_own_limits(name: Any) -> None:  # noqa: ANN401 -- a name of the table
    files, profile = rendered(whole_site(profile=name)), PROFILES[name]
    service = unit(files["systemd/seguia-gateway.service"])
    assert service["MemoryMax"] == f"{profile.memory_max_mb}M"
    assert profile.memory_max_mb >= 250, "the gateway is promised 200 MB"
    assert f"RuntimeMaxUse={profile.journal_max_mb}M" in files["systemd/journald.conf.d/seguia.conf"]
    assert f"RuntimeWatchdogSec={profile.hardware_watchdog_s}s" in files["systemd/system.conf.d/seguia.conf"]
    assert f"--architectures={profile.architecture} " in files["image/build.sh"]
    assert whole_site(**profile_settings(name)).profile == name


def test_a_pi_is_not_asked_for_a_longer_watchdog_than_its_chip_can_count() -> None:
    assert all(PROFILES[name].hardware_watchdog_s < 16 for name in PROFILE_NAMES if name.startswith(("pi", "zero")))


def test_the_service_opens_the_devices_that_the_file_names_and_no_other() -> None:
    text = rendered(whole_site())["systemd/seguia-gateway.service"]
    assert "PrivateDevices=no" in text
    assert "DevicePolicy=closed" in text
    assert set(re.findall(r"^DeviceAllow=(\S+)", text, flags=re.MULTILINE)) == {
        "char-ttyUSB",
        "char-ttyACM",
        "char-video4linux",
        "char-media",
        "char-dma_heap",
        "char-i2c",
    }
    assert "SupplementaryGroups=dialout video i2c\n" in text
    bare = rendered(whole_site(modem=None, camera=()))["systemd/seguia-gateway.service"]
    assert "PrivateDevices=yes" in bare
    assert "DeviceAllow" not in bare


def test_folders_elsewhere_may_be_written_to(tmp_path: Path) -> None:
    watch = [{"folder": "/srv/photos/P01", "parcel_id": "P01"}, {"folder": "/var/lib/seguia/P2", "parcel_id": "P2"}]
    text = rendered(whole_site(watch=watch))["systemd/seguia-gateway.service"]
    assert re.findall(r"^ReadWritePaths=-(\S+)", text, flags=re.MULTILINE) == [
        "/srv/photos/P01",
        "/srv/photos/rejected",
    ]


def test_the_page_is_never_started_by_itself() -> None:
    page = rendered(whole_site())["systemd/seguia-page.service"]
    assert "[Install]" not in page
    assert int(unit(page)["RuntimeMaxSec"]) <= 3600


def test_the_command_lies_where_it_was_installed() -> None:
    place = Installation(prefix=Path("/opt/other"), config=Path("/etc/other.toml"))
    service = unit(rendered(whole_site(), place)["systemd/seguia-gateway.service"])
    launcher = "/opt/other/bin/python -P -m edge.updates.launcher /var/lib/seguia/updates"
    assert service["ExecStart"] == f"{launcher} gateway run --config /etc/other.toml"
    assert (service["RestartForceExitStatus"], service["RestartPreventExitStatus"]) == ("75", "2")


@pytest.mark.parametrize(
    "path", ["/etc/se guia", "/etc/%n", '/etc/"x"', "/etc/a\nExecStartPre=/bin/sh", "/a;b", "/$HOME"]
)
def test_a_path_that_a_unit_would_read_otherwise_is_refused(path: str) -> None:
    with pytest.raises(ConfigurationError, match="rename it"):
        plain(Path(path))
    with pytest.raises(ConfigurationError):
        rendered(whole_site(data_dir=path))


def test_every_kind_of_message_has_its_direction() -> None:
    assert {*FROM_GATEWAY, *TO_GATEWAY} == set(get_args(Topic))
    assert TO_GATEWAY == ("plan", "command", "ack")
    files = rendered(whole_site())
    for kind in FROM_GATEWAY:
        assert f"topic seguia/v1/demo/gw-01/{kind} out 1\n" in files["mosquitto/gateway.conf"]
        assert f"pattern write seguia/v1/demo/%u/{kind}\n" in files["office/acl"]
    for kind in TO_GATEWAY:
        assert f"topic seguia/v1/demo/gw-01/{kind} in 1\n" in files["mosquitto/gateway.conf"]


def test_without_a_bridge_there_is_no_broker_and_no_node() -> None:
    files = rendered(whole_site(bridge={"nodes_address": None}, node=()))
    assert "mosquitto/nodes-acl" not in files
    assert "listener 8883" not in files["mosquitto/gateway.conf"]
    settings = whole_site(node=()).model_copy(update={"bridge": None})
    assert "mosquitto/gateway.conf" not in rendered(settings)


def test_nodes_need_a_broker_that_lets_them_in_by_certificate() -> None:
    with pytest.raises(ConfigurationError, match=r"node soil-p01: expected \[bridge\] with nodes_address"):
        rendered(whole_site(bridge={"nodes_address": None}))
    with pytest.raises(ConfigurationError, match="needs site_key_file"):
        rendered(whole_site(bridge={"site_key_file": None}))


@pytest.mark.parametrize("twice", [{"name": "soil-p01"}, {"device_eui": "00000000000000a1"}])
def test_two_nodes_never_bear_one_name_or_number(twice: dict[str, str]) -> None:
    one = {"name": "soil-p01", "kind": "soil_probe", "device_eui": "00000000000000a1"}
    other = {"name": "soil-p02", "kind": "soil_probe", "device_eui": "00000000000000a2"} | twice
    with pytest.raises(ConfigurationError, match="stands twice"):
        rendered(whole_site(node=[one, other]))


def test_a_probe_has_as_many_numbers_as_depths_and_missing_is_never_zero() -> None:
    node = {"name": "s", "kind": "soil_probe", "device_eui": "00000000000000a1", "depths_m": [0.3]}
    text = rendered(whole_site(node=[node]))["esphome/s.yaml"]
    assert "Soil water at 0.3 m" in text
    assert "soil_water_fraction_1" in text
    assert "soil_water_fraction_2" not in text
    assert "if (!std::isnan(id(probe_1).state)) root" in text


def test_the_command_writes_it_all_and_again(tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(render)
    config = tmp_path / "gateway.toml"
    config.write_text(write_config(whole_site().model_dump(mode="json", exclude_none=True)), encoding="utf-8")
    out = tmp_path / "out"
    for options in ([], ["--profile", "zero2w"]):
        result = CliRunner().invoke(app, [str(config), "--out", str(out), *options])
        assert result.exit_code == 0, result.output
    assert "MemoryMax=360M" in (out / "systemd/seguia-gateway.service").read_text(encoding="utf-8")
    assert (out / "image/build.sh").stat().st_mode & 0o111
    wrong = CliRunner().invoke(app, [str(config), "--out", str(out), "--profile", "pi3"])
    assert isinstance(wrong.exception, ConfigurationError)
    assert "expected one of pi4, pi5" in str(wrong.exception)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="file: cannot be written"):
        write({"a/b": "c"}, tmp_path / "file")


def test_a_line_that_is_one_empty_blank_disappears() -> None:
    text = filled("esphome/soil_probe-depth.yaml", {"number": 1, "depth_m": "0.2", "pin": "GPIO34"})
    assert "probe_1" in text
    with pytest.raises(KeyError):
        filled("esphome/soil_probe-depth.yaml", {})


def test_paths_that_the_units_do_not_see_are_named() -> None:
    watch = [{"folder": "/home/me/photos", "parcel_id": "P1"}]
    config = whole_site(data_dir="/home/me/data", watch=watch)
    told = " ".join(notes(Path("/home/me/gateway.toml"), config))
    assert "/home/me/gateway.toml: the units read /etc/seguia/gateway.toml" in told
    assert "data_dir /home/me/data: not below /var/lib/seguia" in told
    assert "watch.folder /home/me/photos: not below" in told
    there = config.model_copy(update={"data_dir": Path("/var/lib/seguia"), "watch": ()})
    assert notes(Path("/etc/seguia/gateway.toml"), there) == ()


def test_the_image_leaves_the_keys_to_the_gateways_own_user() -> None:
    text = rendered(whole_site())["image/READ-ONLY-ROOT.md"]
    assert "chown -R seguia:seguia /etc/seguia && chmod 700 /etc/seguia" in text
    assert "root:seguia" not in text


def test_the_steps_name_the_folders_of_photos_and_the_broker_where_there_is_one() -> None:
    watch = [{"folder": "/var/lib/seguia/photos/P1", "parcel_id": "P1"}, {"folder": "/home/me/p", "parcel_id": "P2"}]
    state = "/var/lib/seguia/photos"
    steps = rendered(whole_site(watch=watch))["INSTALL.md"]
    assert f"install -d -o seguia -g seguia {state} {state}/P1 {state}/rejected\n" in steps
    assert "/etc/mosquitto/conf.d/seguia.conf" in steps
    without = rendered(whole_site().model_copy(update={"bridge": None, "node": (), "watch": ()}))["INSTALL.md"]
    assert "/etc/mosquitto" not in without
    assert "install -d" not in without
    assert not [name for name in rendered(whole_site()) if name.startswith("mosquitto/") and "office" in name]


def test_the_steps_install_what_the_file_needs() -> None:
    bus = [{"name": "line", "kind": "modbus_tcp", "host": "10.0.0.2"}]
    assert "'.[edge,receipt,edge-sensors]'" in rendered(whole_site(bus=bus, sensor=[], updates=None))["INSTALL.md"]
