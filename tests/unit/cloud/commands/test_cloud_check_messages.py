from pathlib import Path

import pytest

from cloud.commands.cloud_check import _messages
from cloud.config import CloudConfig
from cloud.errors import ConfigurationError


def config(**sms: object) -> CloudConfig:
    return CloudConfig.model_validate({"organisation": "demo", "sms": sms})


def test_every_carrier_is_told_in_the_order_in_which_it_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEGUIA_SMS_API_KEY", "word")
    monkeypatch.setenv("SEGUIA_CALLBACK_SECRET", "word")
    secret = tmp_path / "secret"
    secret.write_text("word", encoding="ascii")
    secret.chmod(0o600)
    told = _messages(
        config(
            carrier="modem",
            then=["aggregator", "africastalking", "spool"],
            username="u",
            modem={"gateway": "gw-01", "parcels": {"P2": "gw-02"}},
            aggregator={"url": "https://sms.example.org/send", "secret_file": secret},
        )
    )
    assert told == (
        "carrier modem of gw-01, gw-02, commands not sealed: name command_key_file here and in each gateway.toml;"
        " else carrier aggregator at sms.example.org; else carrier africastalking, account u;"
        " else carrier spool: messages are written to a folder and reach nobody"
    )


def test_a_command_key_is_looked_at(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("ab" * 32, encoding="ascii")
    file.chmod(0o600)
    modem = {"gateway": "gw-01", "command_key_file": file}
    assert _messages(config(carrier="modem", modem=modem)).endswith("commands sealed")
    file.write_text("ab", encoding="ascii")
    with pytest.raises(ConfigurationError, match="64 hex digits"):
        _messages(config(carrier="modem", modem=modem))
