from pathlib import Path

import pytest
from pydantic import BaseModel

from edge.config import GatewayConfig
from edge.config_file import read_config, write_config
from edge.errors import ConfigurationError
from edge.settings.broker import BrokerConfig
from edge.settings.delivery import DeliveryConfig, EvidenceConfig
from edge.settings.modem import ModemConfig
from edge.settings.watch import WatchConfig

MINIMAL = 'organisation = "demo"\ngateway_id = "gw-01"\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "gateway.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read_config(written(folder, text))
    message = str(caught.value)
    assert "\n" not in message
    assert "gateway.toml" in message
    return message


def test_two_names_are_enough(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, MINIMAL))
    assert (config.organisation, config.gateway_id) == ("demo", "gw-01")
    assert config.broker.port == 1883
    assert config.evidence.policy == "onset"
    assert config.data_dir == tmp_path / "data"


def test_relative_paths_start_at_the_files_folder_and_absolute_ones_stay(tmp_path: Path) -> None:
    text = MINIMAL + f'data_dir = "queue"\n[[watch]]\nfolder = "{tmp_path}/photos"\nparcel_id = "P1"\n'
    config = read_config(written(tmp_path, text))
    assert config.data_dir == tmp_path / "queue"
    assert config.watch[0].folder == tmp_path / "photos"
    assert config.watch[0].rejected == tmp_path / "rejected"


def test_a_rejected_folder_may_be_chosen(tmp_path: Path) -> None:
    text = MINIMAL + '[[watch]]\nfolder = "photos"\nparcel_id = "P1"\nrejected_folder = "bad"\n'
    assert read_config(written(tmp_path, text)).watch[0].rejected == tmp_path / "bad"


@pytest.mark.parametrize(
    ("addition", "key", "parts"),
    [
        ("[broker]\nport = 70000\n", "broker.port", ["less than or equal to 65535", "got 70000"]),
        ("[broker]\nprotocol = 'v4'\n", "broker.protocol", ["'v5' or 'v3.1.1'", "got 'v4'"]),
        ("[broker]\nprot = 1\n", "broker.prot", ["unknown", "did you mean port?"]),
        ("wheels = 4\n", "wheels", ["unknown", "remove it"]),
        ("[[watch]]\nfolder = 'a'\n", "watch.0.parcel_id", ["expected a value, got none"]),
        ("[evidence]\npolicy = 'sometimes'\n", "evidence.policy", ["got 'sometimes'"]),
        ("poll_interval_s = nan\n", "poll_interval_s", ["got nan"]),
        ("[broker]\ncertificate_file = 'a.pem'\n", "broker", ["certificate_file and key_file belong together"]),
        ("[broker]\ncertificate_file = 'a'\nkey_file = 'b'\n", "broker", ["needs ca_file"]),
        ("[broker]\npassword_file = 'a'\n", "broker", ["needs username"]),
    ],
)
def test_an_error_names_key_expected_and_got(tmp_path: Path, addition: str, key: str, parts: list[str]) -> None:
    message = refusal(tmp_path, MINIMAL + addition)
    assert f"{key}: " in message
    for part in parts:
        assert part in message


@pytest.mark.parametrize(
    ("text", "line", "hint"),
    [
        ("# a remark\norganistion = 'x'\n", 4, "did you mean organisation?"),
        ("[brokr]\nport = 1\n", 3, "did you mean broker?"),
        ("[broker]\n\n# where it is\nhots = 'x'\n", 6, "did you mean host?"),
        ("[broker]\nhost = 'x'\nprotocol = 'v3.1'\n", 5, "did you mean 'v3.1.1'?"),
        (
            "[[watch]]\nfolder = 'a'\nparcel_id = 'P'\n[[watch]]\nfolder = 'b'\nlife = true\nparcel_id = 'Q'\n",
            8,
            "live?",
        ),
        (
            "[[watch]]\nfolder = 'a'\nparcel_id = 'P'\n[[watch]]\nfolder = 'b'\n",
            6,
            "watch.1.parcel_id: expected a value",
        ),
        ("[modem]\nnumber_prefixes = [\n  '+212',\n  '+33',\n]\npace = 1\n", 8, "remove it"),
        ("broker.prot = 'v5'\n", 3, "broker.prot"),
        ("broker = {\"prot\" = 'v5'}\n", 3, "did you mean port?"),
        ("[broker]\npoll_interval_s = 1\n", 4, "it belongs to the top of the file"),
        ("keepalive_s = 5\n", 3, "it belongs to [broker]"),
        ('[evidence]\npolicy = """\nonsett"""\n', 4, "did you mean 'onset'?"),
        ("[broker]\nport = 'high'\n", 4, "got 'high'"),
    ],
)
def test_a_slip_is_told_with_its_line_and_what_was_meant(tmp_path: Path, text: str, line: int, hint: str) -> None:
    message = refusal(tmp_path, MINIMAL + text)
    assert f"gateway.toml: line {line}: " in message
    assert hint in message


def test_a_slip_of_toml_itself_is_told_with_its_line(tmp_path: Path) -> None:
    assert "(at line 4, column" in refusal(tmp_path, MINIMAL + "[broker]\nport = = 3\n")


def test_a_single_table_where_several_may_stand_is_told_how_to_write_it(tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text('organisation = "o"\ngateway_id = "g"\n[watch]\nfolder = "photos"\nparcel_id = "P01"\n')
    with pytest.raises(ConfigurationError, match=r"line 3: watch: .*; write \[\[watch\]\] in two brackets"):
        read_config(file)


def test_a_password_within_an_address_is_not_repeated(tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    camera = '[[camera]]\ncamera_id = "c"\nkind = "rtsp"\nparcel_id = "P01"\nurl = "rtsp://user:secret@10.0.0.5/main"\n'
    file.write_text(f'organisation = "o"\ngateway_id = "g"\n{camera}')
    with pytest.raises(ConfigurationError, match="see username, password_file") as caught:
        read_config(file)
    assert "secret" not in str(caught.value)


def test_what_is_missing_altogether_has_no_line(tmp_path: Path) -> None:
    assert "gateway.toml: gateway_id: expected a value" in refusal(tmp_path, 'organisation = "demo"\n')


def test_several_errors_are_counted_and_the_first_is_told(tmp_path: Path) -> None:
    message = refusal(tmp_path, 'organisation = "a/b"\ngateway_id = "c+d"\npoll_interval_s = -1\n')
    assert "line 1: organisation" in message
    assert "(and 2 more, see lines 2, 3)" in message


def test_a_folder_watched_twice_is_refused(tmp_path: Path) -> None:
    watch = '[[watch]]\nfolder = "photos"\nparcel_id = "P1"\n'
    assert "named twice" in refusal(tmp_path, MINIMAL + watch + watch)


def test_broken_toml_says_where(tmp_path: Path) -> None:
    assert "line 1" in refusal(tmp_path, "organisation = \n")


def test_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    path.write_bytes(b'organisation = "\xff"')
    with pytest.raises(ConfigurationError, match="UTF-8"):
        read_config(path)


def test_a_missing_file_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="seguia gateway init"):
        read_config(tmp_path / "none.toml")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_config(tmp_path)


@pytest.mark.parametrize("table", [GatewayConfig, BrokerConfig, DeliveryConfig, EvidenceConfig, WatchConfig])
def test_every_field_has_title_and_description(table: type[BaseModel]) -> None:
    for name, field in table.model_fields.items():
        assert field.title, name
        assert field.description, name


def test_what_is_written_is_read_back_and_explains_every_field(tmp_path: Path) -> None:
    values = {
        "organisation": "demo",
        "gateway_id": "gw-01",
        "data_dir": str(tmp_path / "data"),
        "broker": {"host": "broker.example", "port": 8883, "ca_file": str(tmp_path / "ca.pem")},
        "evidence": {"policy": "always"},
        "watch": [
            {"folder": str(tmp_path / "a"), "parcel_id": "P 1", "crop": "soybean"},
            {"folder": str(tmp_path / 'b "quoted"'), "parcel_id": "P2", "live": True},
        ],
    }
    text = write_config(values)
    assert read_config(written(tmp_path, text)) == GatewayConfig.model_validate(values)
    for table in (GatewayConfig, BrokerConfig, DeliveryConfig, EvidenceConfig, WatchConfig):
        for field in table.model_fields.values():
            assert (
                f"# {field.title}: {field.description}" in text or f"# {field.title}" in text or table is GatewayConfig
            )
    assert "Bounds: at least 1, at most 65535." in text
    assert 'One of "never", "onset", "always".' in text


def test_values_that_would_not_be_read_back_are_not_written() -> None:
    with pytest.raises(ConfigurationError, match="gateway_id: expected a value"):
        write_config({"organisation": "demo"})


def test_a_configuration_is_frozen(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, MINIMAL))
    with pytest.raises(ValueError, match="frozen"):
        config.organisation = "other"  # type: ignore[misc]  # that it is refused is what is tried


def test_a_modem_is_read_with_its_files_beside_the_configuration(tmp_path: Path) -> None:
    modem = read_config(written(tmp_path, MINIMAL + '[modem]\ndevice = "/dev/ttyUSB2"\npin_file = "pin"\n')).modem
    assert modem is not None
    assert (modem.device, modem.pin_file, modem.daily_limit) == (Path("/dev/ttyUSB2"), tmp_path / "pin", 160)
    assert read_config(written(tmp_path, MINIMAL)).modem is None


@pytest.mark.parametrize(
    ("addition", "parts"),
    [
        ("[modem]\nbaud_rate = 1200\n", ["modem.baud_rate", "9600"]),
        ('[modem]\nsmsc = "0661000000"\n', ["modem.smsc"]),
        ('[modem]\nbalance_code = "balance"\n', ["modem.balance_code"]),
        ("[modem]\ndaily_limit = 0\n", ["modem.daily_limit", "got 0"]),
        ("[modem]\npin_fil = 1234\n", ["modem.pin_fil", "did you mean pin_file?"]),
        ('[modem]\n[broker]\nhost = "broker.example.org"\n', ["modem needs broker.ca_file", "in clear"]),
    ],
)
def test_a_modem_that_cannot_be_used_is_told(tmp_path: Path, addition: str, parts: list[str]) -> None:
    message = refusal(tmp_path, MINIMAL + addition)
    assert all(part in message for part in parts), message


def test_a_modem_is_written_as_it_is_read(tmp_path: Path) -> None:
    values = {"organisation": "demo", "gateway_id": "gw-01", "modem": {"device": "/dev/ttyACM0", "daily_limit": 9}}
    again = read_config(written(tmp_path, write_config(values))).modem
    assert again == ModemConfig(device=Path("/dev/ttyACM0"), daily_limit=9)
