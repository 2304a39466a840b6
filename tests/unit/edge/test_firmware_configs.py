import configparser
import re
from pathlib import Path
from typing import get_args

import pytest

from edge.camera import read_camera
from edge.config_file import read_config, write_config
from edge.contract import Topic
from edge.rendering.folder import rendered
from edge.rendering.published import published
from edge.settings.profile import PROFILES
from edge.wire import WIRE_DETECTION_MAX_BYTES
from tests.whole_site import whole_site


@pytest.fixture
def configurations(repository: Path) -> Path:
    return repository / "firmware_configs"


def test_the_example_gateway_is_what_the_code_writes_today(configurations: Path) -> None:
    path = configurations / "gateway" / "gateway.toml"
    config = read_config(path)
    values = config.model_dump(mode="json", exclude_none=True)
    assert path.read_text(encoding="utf-8") == write_config(values)
    assert config.broker.key_file == Path("/etc/seguia/gw-01.key")


def test_the_example_thermal_camera_is_read_with_its_corners_too(configurations: Path, tmp_path: Path) -> None:
    text = (configurations / "gateway" / "thermal-camera.toml").read_text(encoding="utf-8")
    whole = tmp_path / "camera.toml"
    whole.write_text(re.sub(r"^# (?=\[|\w+ = )", "", text, flags=re.MULTILINE), encoding="utf-8")
    camera = read_camera(whole)
    assert camera.temperature_unit == "centi_kelvin"
    assert camera.parcel_view is not None
    assert camera.parcel_view.rows_from == "left"


def test_what_is_rendered_is_what_the_code_renders_today(configurations: Path) -> None:
    wanted = published(configurations)
    there = {
        str(path.relative_to(configurations))
        for path in configurations.rglob("*")
        if path.is_file() and path.relative_to(configurations).parts[0] not in {"README.md", "gateway", "schemas"}
    }
    assert there == set(wanted)
    for name, text in wanted.items():
        assert (configurations / name).read_text(encoding="utf-8") == text, f"{name}: make schemas"
    readme = (configurations / "README.md").read_text(encoding="utf-8")
    assert [name for name in PROFILES if f"`{name}`" not in readme] == []


def test_the_page_of_the_field_has_the_commands_that_are_rendered(configurations: Path) -> None:
    readme = (configurations / "README.md").read_text(encoding="utf-8")
    photos = {"folder": "/var/lib/seguia/photos/P01", "parcel_id": "P01"}
    steps = rendered(whole_site(watch=[photos], bus=[], sensor=[], updates=None))["INSTALL.md"]
    commands = [line for block in steps.split("```sh\n")[1:] for line in block.split("```")[0].splitlines()]
    assert len(commands) >= 11
    places = [readme.find(line) for line in commands]
    assert -1 not in places, commands[places.index(-1)]
    assert places == sorted(places)


def test_the_example_of_a_whole_site_is_what_the_tests_check_with_the_real_tools(configurations: Path) -> None:
    path = configurations / "gateway" / "whole-site.toml"
    config = read_config(path)
    assert config == whole_site()
    assert path.read_text(encoding="utf-8") == write_config(config.model_dump(mode="json", exclude_none=True))


def test_the_broker_takes_certificates_only(configurations: Path) -> None:
    lines = (configurations / "office" / "mosquitto.conf").read_text(encoding="utf-8").splitlines()
    wanted = {"allow_anonymous false", "require_certificate true", "use_identity_as_username true"}
    assert wanted <= set(lines)
    (limit,) = (int(line.split()[1]) for line in lines if line.startswith("message_size_limit"))
    assert limit >= 18_000 > WIRE_DETECTION_MAX_BYTES


def test_a_gateway_never_reads_anothers_topics_nor_writes_acknowledgements(configurations: Path) -> None:
    text = (configurations / "office" / "acl").read_text(encoding="utf-8")
    patterns = re.findall(r"^pattern (\w+) (\S+)$", text, flags=re.MULTILINE)
    assert len(patterns) == len(get_args(Topic))
    assert {tuple(topic.split("/")[2:4]) for _, topic in patterns} == {("demo", "%u")}
    written = {topic.rpartition("/")[2] for access, topic in patterns if access == "write"}
    assert written == set(get_args(Topic)) - {"ack", "plan", "command"}
    assert {topic.rpartition("/")[2] for access, topic in patterns if access == "read"} == {"ack", "plan", "command"}
    assert "#" not in [topic for _, topic in patterns]


@pytest.mark.parametrize("profile", PROFILES)
def test_the_service_is_hardened_and_has_a_watchdog(configurations: Path, profile: str) -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # keys of units keep their case
    unit.read(configurations / "profiles" / profile / "systemd" / "seguia-gateway.service")
    service = unit["Service"]
    assert "gateway run --config" in service["ExecStart"]
    assert service["Type"] == "notify"
    assert int(service["WatchdogSec"]) > 120, "the daemon's own patience with its uplink"
    for key in ("NoNewPrivileges", "PrivateTmp", "ProtectHome", "MemoryDenyWriteExecute"):
        assert service[key] == "yes"
    assert service["User"] == "seguia", "a user that lasts, whose keys nobody else reads"
    assert service["ProtectSystem"] == "strict"
    assert service["RestartPreventExitStatus"] == "2"
    assert unit["Unit"]["StartLimitIntervalSec"] == "0", "nobody stands beside it to start it again"


def test_the_example_modem_is_read_once_it_is_taken_out_of_its_comment(configurations: Path, tmp_path: Path) -> None:
    text = (configurations / "gateway" / "gateway.toml").read_text(encoding="utf-8")
    before, _, rest = text.partition("# [modem]")
    table = re.split(r"^(?:# )?\[", rest, maxsplit=1, flags=re.MULTILINE)[0]
    whole = tmp_path / "gateway.toml"
    whole.write_text(before + "[modem]" + re.sub(r"^# (?=\w+ = )", "", table, flags=re.MULTILINE), encoding="utf-8")
    modem = read_config(whole).modem
    assert modem is not None
    assert (modem.device, modem.daily_limit) == (Path("/dev/seguia-modem"), 160)
    rules = (configurations / "udev" / "70-seguia.rules").read_text(encoding="utf-8")
    assert rules.count('SYMLINK+="seguia-modem"') == rules.count("ID_MM_PORT_IGNORE") == 3
