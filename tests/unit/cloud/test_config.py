"""A configuration is read whole or refused with file, key, expected and got; secrets stand elsewhere."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cloud.config import BrokerConfig, Secrets, read_config
from cloud.errors import ConfigurationError
from cloud.review_config import ReviewConfig
from cloud.sms_config import SmsConfig

Write = Callable[[str], Path]


@pytest.fixture
def written(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        path = tmp_path / "seguia-cloud.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def secret(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "secret"
    path.write_text(text + "\n")
    path.chmod(mode)
    return path


def test_one_line_is_enough(written: Write, tmp_path: Path) -> None:
    config = read_config(written('organisation = "office"'))
    assert config.data_dir == tmp_path
    assert config.keys_file == tmp_path / "keys" / "personal.json"
    assert (config.broker.address, config.web.host, config.sms.carrier) == ("127.0.0.1:1883", "127.0.0.1", "spool")
    assert config.sms.reviewed_only
    assert not config.sms.allow_unlicensed_weights
    assert Secrets(config, {}).database_url() == f"sqlite:///{tmp_path / 'seguia.db'}"


def test_paths_start_at_the_file_unless_they_are_whole(written: Write, tmp_path: Path) -> None:
    text = 'organisation = "o"\ndata_dir = "data"\n[weather]\npast_path = "w.nc"\nforecast_path = "/srv/f.nc"'
    config = read_config(written(text))
    assert config.data_dir == tmp_path / "data"
    assert config.weather.past_path == tmp_path / "w.nc"
    assert config.weather.forecast_path == Path("/srv/f.nc")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "organisation: expected a value, got none"),
        ('organisation = "o"\nhots = 1', "hots: expected a key that Seguia knows, got an unknown one"),
        ('organisation = "o"\n[broker]\nport = 70000', "broker.port: Input should be less than or equal to 65535"),
        ('organisation = "o"\n[broker]\nport = "x"', r"broker.port: .*, got 'x'; correct it"),
        ('organisation = "a b"', "organisation: .*, got 'a b'"),
        ('organisation = "o"\n[sms]\ncarrier = "pigeon"', "sms.carrier: .*, got 'pigeon'"),
        ('organisation = "o"\n[sms]\ncarrier = "africastalking"', "sms: carrier africastalking needs username"),
        ('organisation = "o"\n[broker]\nkey_file = "k"', "broker: certificate_file and key_file belong together"),
        ('organisation = "o"\nbroker = 3', "broker: .*got '3'"),
        ('organisation = "o"\nbroker = [1]', "broker: .*got 'list'"),
        ('organisation = "o"\nx = 1\ny = 2', r"\(and 1 more\)"),
        ("organisation = ", "expected TOML, got a text that is not"),
    ],
)
def test_a_wrong_file_is_told_by_file_and_key(written: Write, text: str, expected: str) -> None:
    path = written(text)
    with pytest.raises(ConfigurationError, match=expected) as told:
        read_config(path)
    assert str(told.value).startswith(f"{path}: ")
    assert "\n" not in str(told.value)


def test_a_missing_file_is_told_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no such file; make one with: seguia cloud init"):
        read_config(tmp_path / "none.toml")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_config(tmp_path)


def test_other_bytes_are_no_toml(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="expected TOML"):
        read_config(tmp_path / "c.toml")


def test_a_certificate_needs_an_authority() -> None:
    with pytest.raises(ValueError, match="needs ca_file"):
        BrokerConfig.model_validate({"certificate_file": "c", "key_file": "k"})
    assert SmsConfig.model_validate({"carrier": "africastalking", "username": "u"}).username == "u"


def test_a_password_in_the_file_is_refused_and_not_repeated(written: Write) -> None:
    path = written('organisation = "o"\ndatabase_url = "postgresql://seguia:hidden@host/name"')
    with pytest.raises(ConfigurationError, match="database_url holds a password") as told:
        read_config(path)
    assert "hidden" not in str(told.value)


def test_the_database_password_comes_from_its_file(written: Write, tmp_path: Path) -> None:
    secret(tmp_path, "p@ss/word")
    text = 'organisation = "o"\ndatabase_url = "postgresql://seguia@host:5432/name"\ndatabase_password_file = "secret"'
    config = read_config(written(text))
    assert Secrets(config, {}).database_url() == "postgresql://seguia:p%40ss%2Fword@host:5432/name"
    assert Secrets(config, {"SEGUIA_DATABASE_URL": "postgresql://x@y/z"}).database_url() == "postgresql://x@y/z"


def test_an_address_without_a_password_is_used_as_it_is(written: Write) -> None:
    config = read_config(written('organisation = "o"\ndatabase_url = "postgresql:///name"'))
    assert Secrets(config, {}).database_url() == "postgresql:///name"


def test_a_password_for_nobody_is_refused(written: Write, tmp_path: Path) -> None:
    secret(tmp_path, "word")
    config = read_config(
        written('organisation = "o"\ndatabase_url = "postgresql://host/name"\ndatabase_password_file = "secret"')
    )
    with pytest.raises(ConfigurationError, match="needs a user name"):
        Secrets(config, {}).database_url()


def test_secrets_come_from_the_environment_first_then_from_files(written: Write, tmp_path: Path) -> None:
    secret(tmp_path, "from file")
    text = (
        'organisation = "o"\n[broker]\npassword_file = "secret"\n'
        '[sms]\napi_key_file = "secret"\ncallback_secret_file = "secret"'
    )
    config = read_config(written(text))
    files = Secrets(config, {})
    assert (files.broker_password(), files.sms_api_key(), files.callback_secret()) == ("from file",) * 3
    environment = {"SEGUIA_BROKER_PASSWORD": "a", "SEGUIA_SMS_API_KEY": "b", "SEGUIA_CALLBACK_SECRET": "c"}
    given = Secrets(config, environment)
    assert (given.broker_password(), given.sms_api_key(), given.callback_secret()) == ("a", "b", "c")


def test_a_needed_secret_that_is_nowhere_is_told(written: Write) -> None:
    nothing = Secrets(read_config(written('organisation = "o"')), {})
    assert nothing.broker_password() is None
    with pytest.raises(
        ConfigurationError, match=r"sms.api_key_file: expected a secret, got none; .*SEGUIA_SMS_API_KEY"
    ):
        nothing.sms_api_key()
    with pytest.raises(ConfigurationError, match="SEGUIA_CALLBACK_SECRET"):
        nothing.callback_secret()


def test_a_secret_open_to_others_is_refused(written: Write, tmp_path: Path) -> None:
    secret(tmp_path, "word", mode=0o644)
    config = read_config(written('organisation = "o"\n[sms]\napi_key_file = "secret"'))
    with pytest.raises(ConfigurationError, match="has mode 0644, expected 0600; run: chmod 600") as told:
        Secrets(config, {}).sms_api_key()
    assert "word" not in str(told.value)


def test_a_secret_file_that_is_absent_or_no_text_is_told(written: Write, tmp_path: Path) -> None:
    config = read_config(written('organisation = "o"\n[sms]\napi_key_file = "secret"'))
    with pytest.raises(ConfigurationError, match=r"cannot be read \(No such file"):
        Secrets(config, {}).sms_api_key()
    secret(tmp_path, "x").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="expected text"):
        Secrets(config, {}).sms_api_key()


def test_two_spellings_of_one_reviewer_are_not_two_people() -> None:
    with pytest.raises(ValueError, match="four_eyes needs two people"):
        ReviewConfig(four_eyes="always", reviewers=("Amina B", "AMINA-B"))
    assert ReviewConfig(four_eyes="always", reviewers=("Amina B", "Brahim")).reviewers[1] == "Brahim"
