from pathlib import Path

import pytest

from cloud.adapters.sms.carriers import carriers_of, taking_once
from cloud.adapters.sms.modem import ModemCarrier
from cloud.config import CloudConfig, read_config
from cloud.errors import ConfigurationError
from cloud.modem_config import ModemConfig


def written(folder: Path, text: str) -> Path:
    file = folder / "seguia-cloud.toml"
    file.write_text('organisation = "demo"\n' + text, encoding="utf-8")
    return file


def test_a_parcel_is_served_by_its_own_gateway_or_the_usual_one() -> None:
    config = ModemConfig(gateway="gw-01", parcels={"P2": "gw-02"})
    assert [config.gateway_of(parcel) for parcel in ("P1", "P2")] == ["gw-01", "gw-02"]
    assert config.gateways == {"gw-01", "gw-02"}
    assert ModemConfig(parcels={"P2": "gw-02"}).gateway_of("P1") is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[sms]\ncarrier = "modem"\n', "needs the section"),
        ("[sms.modem]\n", "needs gateway"),
        ('[sms.modem]\ngateway = "a/b"\n', "sms.modem.gateway"),
        ('[sms.modem]\ngateway = "gw-01"\nspeed = 1\n', "unknown"),
        ('[broker]\nhost = "broker.example.org"\n[sms.modem]\ngateway = "gw-01"\n', "needs broker.ca_file"),
    ],
)
def test_a_modem_that_cannot_be_used_is_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        read_config(written(tmp_path, text))


def test_an_installation_may_send_by_its_gateways_and_stand_in_by_another(tmp_path: Path) -> None:
    text = '[sms]\ncarrier = "modem"\nthen = ["spool"]\n[sms.modem]\ngateway = "gw-01"\ncommand_key_file = "key"\n'
    file = written(tmp_path, text)
    config = read_config(file)
    assert config.sms.modem is not None
    assert config.sms.modem.command_key_file == tmp_path / "key"
    (tmp_path / "key").write_text("ab" * 32, encoding="ascii")
    (tmp_path / "key").chmod(0o600)
    first, second = carriers_of(config)
    assert isinstance(first, ModemCarrier)
    assert second.name == "spool"
    assert "modem" in taking_once([first, second])


def test_a_broker_on_this_machine_needs_no_tls() -> None:
    config = CloudConfig.model_validate({"organisation": "demo", "sms": {"modem": {"gateway": "gw-01"}}})
    assert config.sms.modem is not None
