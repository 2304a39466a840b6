"""What an operator decides about the cloud, read from TOML; secrets stand in files or the environment."""

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import quote

from pydantic import Field, ValidationError, model_validator

from cloud.advice.prices import Prices
from cloud.agronomy.engines.engine_name import EngineName
from cloud.backup_config import BackupConfig
from cloud.config_section import LocalPath, Section
from cloud.errors import ConfigurationError
from cloud.notices_config import NoticesConfig
from cloud.people_config import PeopleConfig
from cloud.planning_config import PlanningConfig
from cloud.review.proof import Proofs, signed_as
from cloud.review_config import ReviewConfig
from cloud.secrets import read_secret
from cloud.sensing.ownership import Owners
from cloud.sensing_config import SensingConfig
from cloud.sms_config import SmsConfig
from cloud.telephone_config import TelephoneConfig
from cloud.weather_config import WeatherConfig

FILE_NAME: Final = "seguia-cloud.toml"
DATABASE_VARIABLE: Final = "SEGUIA_DATABASE_URL"
BROKER_VARIABLE: Final = "SEGUIA_BROKER_PASSWORD"
API_KEY_VARIABLE: Final = "SEGUIA_SMS_API_KEY"
AGGREGATOR_VARIABLE: Final = "SEGUIA_SMS_AGGREGATOR_SECRET"
CALLBACK_VARIABLE: Final = "SEGUIA_CALLBACK_SECRET"
WEATHER_KEY_VARIABLE: Final = "SEGUIA_WEATHER_API_KEY"
REVIEW_VARIABLE: Final = "SEGUIA_REVIEW_TOKEN"
REVIEWER_VARIABLE: Final = "SEGUIA_REVIEWER_TOKEN"
"""Secret of the person who decides on the command line, where reviewers have one each."""

_SHOWN_LENGTH: Final = 60

TopicLevel = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$")]
Port = Annotated[int, Field(ge=1, le=65535)]


def _stays_here(host: str) -> bool:
    """Whether what is said to a host never leaves this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class BrokerConfig(Section):
    """The MQTT broker and how to reach it; a ca_file switches TLS on."""

    host: str = Field(default="127.0.0.1", min_length=1)
    port: Port = 1883
    protocol: Literal["v5", "v3.1.1"] = "v5"
    """v5 falls back to v3.1.1 by itself when the broker refuses it."""
    keepalive_s: int = Field(default=60, ge=5, le=3600)
    username: str | None = None
    password_file: LocalPath | None = None
    ca_file: LocalPath | None = None
    certificate_file: LocalPath | None = None
    key_file: LocalPath | None = None

    @model_validator(mode="after")
    def _parts_belong_together(self) -> Self:
        if (self.certificate_file is None) != (self.key_file is None):
            raise ValueError("certificate_file and key_file belong together: give both or neither")
        if self.certificate_file is not None and self.ca_file is None:
            raise ValueError("a certificate needs ca_file, which switches TLS on")
        if self.username is not None and self.ca_file is None and not _stays_here(self.host):
            raise ValueError("username needs ca_file, which switches TLS on: its password would cross the network")
        return self

    @property
    def address(self) -> str:
        """Host and port, for people."""
        return f"{self.host}:{self.port}"


class WebConfig(Section):
    """Where the map is served, and the names it answers to."""

    host: str = Field(default="127.0.0.1", min_length=1)
    port: Port = 8765
    allowed_hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "[::1]")


class WaterConfig(Section):
    """Which states of the soil water are kept, so that a night goes on from the last instead of the season's start."""

    engine: EngineName = "auto"
    """What computes the balance: plain numpy, numba's compiled kernel, or Dask for more; auto decides by the work."""
    states_kept: int = Field(default=14, ge=0, le=366)
    """Newest days kept; 0 keeps none, and every night follows the whole season."""
    monthly_states_kept: int = Field(default=14, ge=0, le=120)
    """First days of earlier months kept beside them, for what arrives late."""


class ReplayConfig(Section):
    """How long the night keeps what its advice rested on, so that it can be recomputed and proven."""

    keep_days: int = Field(default=400, ge=0, le=20_000)
    """Days back from the newest night; 0 keeps nothing, and no advice can be replayed."""
    most_mb: int = Field(default=4000, ge=10, le=10_000_000)
    """Room for all of it: the oldest nights are let go first, told; the newest night stays."""


class ConstraintsConfig(Section):
    """Where the night finds what limits water; a path may be left out."""

    turns_path: LocalPath | None = None
    quota_path: LocalPath | None = None
    pumps_path: LocalPath | None = None


class CloudConfig(Section):
    """Everything an operator decides."""

    organisation: TopicLevel
    data_dir: LocalPath = Path()
    database_url: str | None = None
    """Default: a SQLite file in data_dir. A password never stands here but in database_password_file."""
    database_password_file: LocalPath | None = None
    keys_file: LocalPath = Path("keys/personal.json")
    signing_key_file: LocalPath = Path("keys/audit")
    """Private key by which files of proof are signed; made by: seguia cloud init, or seguia cloud audit key."""
    command_key_file: LocalPath | None = None
    """Secret of 64 hex digits that the gateways hold too: seals orders; default: that of [sms.modem]."""
    broker: BrokerConfig = BrokerConfig()
    web: WebConfig = WebConfig()
    weather: WeatherConfig = WeatherConfig()
    water: WaterConfig = WaterConfig()
    replay: ReplayConfig = ReplayConfig()
    constraints: ConstraintsConfig = ConstraintsConfig()
    prices: Prices = Prices()
    sms: SmsConfig = SmsConfig()
    notices: NoticesConfig = NoticesConfig()
    people: PeopleConfig = PeopleConfig()
    review: ReviewConfig = ReviewConfig()
    telephone: TelephoneConfig = TelephoneConfig()
    planning: PlanningConfig = PlanningConfig()
    sensing: SensingConfig = SensingConfig()
    backup: BackupConfig = BackupConfig()
    clock_offset_s: float = Field(default=0.0, ge=-1e9, le=1e9)
    """Seconds by which a demonstration's clock is ahead of this machine's; 0 in every real installation."""

    @property
    def owners(self) -> Owners:
        """Whose instruments are believed of which parcel."""
        planned = {name: (gateway,) for gateway, one in self.planning.gateways.items() for name in one.parcels}
        return Owners(organisation=self.organisation, gateways=planned | self.sensing.gateways)

    @model_validator(mode="after")
    def _numbers_do_not_cross_the_network_in_the_clear(self) -> Self:
        if self.sms.modem is not None and self.broker.ca_file is None and not _stays_here(self.broker.host):
            raise ValueError("sms.modem needs broker.ca_file, which switches TLS on: numbers would cross in clear")
        return self

    @model_validator(mode="after")
    def _no_secret_in_the_file(self) -> Self:
        authority = (self.database_url or "").partition("://")[2].partition("/")[0]
        if ":" in authority.rpartition("@")[0]:
            raise ValueError(
                "database_url holds a password; put the password alone into database_password_file,"
                f" or the whole address into the variable {DATABASE_VARIABLE}"
            )
        return self


def read_config(path: Path) -> CloudConfig:
    """Configuration of a file; ConfigurationError names the file, the key, what was expected and what it got."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigurationError(
            f"{path}: no such file; make one with: seguia cloud init --data DIR, or name it with --config"
        ) from error
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: expected TOML, got a text that is not ({error}); correct it") from error
    try:
        return CloudConfig.model_validate(content, context={"folder": path.absolute().parent})
    except ValidationError as error:
        raise ConfigurationError(_told(path, error)) from error


def _told(path: Path, error: ValidationError) -> str:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    if first["type"] == "extra_forbidden":
        return f"{path}: {key}: expected a key that Seguia knows, got an unknown one; correct or remove it{more}"
    if first["type"] == "missing":
        return f"{path}: {key}: expected a value, got none; add the key{more}"
    if first["type"] == "value_error":
        where = f"{key}: " if key else ""
        return f"{path}: {where}{first['ctx']['error']!s}{more}"
    # Only a plain value is repeated: a whole section may hold what nobody should read.
    got = first["input"] if isinstance(first["input"], str | int | float | bool) else type(first["input"]).__name__
    return f"{path}: {key}: {first['msg']}, got {str(got)[:_SHOWN_LENGTH]!r}; correct it{more}"


class Secrets:
    """Where each secret comes from: the environment first, then its file."""

    def __init__(self, config: CloudConfig, environment: Mapping[str, str] = os.environ) -> None:
        self._config = config
        self._environment = environment

    def database_url(self) -> str:
        """Address of the database with its password."""
        if DATABASE_VARIABLE in self._environment:
            return self._environment[DATABASE_VARIABLE]
        config = self._config
        if config.database_url is None:
            return f"sqlite:///{config.data_dir / 'seguia.db'}"
        if config.database_password_file is None:
            return config.database_url
        password = read_secret(config.database_password_file, "database password")
        return _with_password(config.database_url, password)

    def broker_password(self) -> str | None:
        """Password of the broker's account, if it has one."""
        return self._secret(BROKER_VARIABLE, self._config.broker.password_file, "broker password")

    def sms_api_key(self) -> str:
        """Key of the carrier's account; ConfigurationError when there is none."""
        return self._needed(API_KEY_VARIABLE, self._config.sms.api_key_file, "sms.api_key_file")

    def aggregator_secret(self) -> str:
        """Secret of the aggregator's account; ConfigurationError when there is none."""
        aggregator = self._config.sms.aggregator
        path = None if aggregator is None else aggregator.secret_file
        return self._needed(AGGREGATOR_VARIABLE, path, "sms.aggregator.secret_file")

    def callback_secret(self) -> str:
        """Secret path of the carrier's callbacks; ConfigurationError when there is none."""
        return self._needed(CALLBACK_VARIABLE, self._config.sms.callback_secret_file, "sms.callback_secret_file")

    def review_token(self) -> str | None:
        """Secret that a decision over HTTP must carry; None where none is taken."""
        return self._secret(REVIEW_VARIABLE, self._config.review.token_file, "review token")

    def proofs(self) -> Proofs:
        """What opens the review over HTTP, and by name on the command line."""
        return Proofs(people=self._config.review.token_sha256, shared=self.review_token())

    def reviewer(self, said: str) -> str:
        """Who decides on the command line: as said or, where reviewers have secrets, as proven by one."""
        people = self._config.review.token_sha256
        if not people:
            return said
        proven = Proofs(people=people).name_of(self._environment.get(REVIEWER_VARIABLE, ""))
        if proven is None:
            raise ConfigurationError(
                f"{REVIEWER_VARIABLE}: expected the secret of one of review.token_sha256, got none of them;"
                " put your own there"
            )
        return signed_as(proven, said)

    def weather_api_key(self) -> str | None:
        """Key of the weather service's account, if there is one."""
        fetch = self._config.weather.fetch
        return self._secret(WEATHER_KEY_VARIABLE, None if fetch is None else fetch.api_key_file, "weather API key")

    def _secret(self, variable: str, path: Path | None, subject: str) -> str | None:
        if variable in self._environment:
            return self._environment[variable]
        return None if path is None else read_secret(path, subject)

    def _needed(self, variable: str, path: Path | None, key: str) -> str:
        secret = self._secret(variable, path, key)
        if not secret:
            raise ConfigurationError(f"{key}: expected a secret, got none; name its file there or set {variable}")
        return secret


def _with_password(address: str, password: str) -> str:
    scheme, _, rest = address.partition("://")
    authority, slash, name = rest.partition("/")
    user, at, host = authority.rpartition("@")
    if not at:
        raise ConfigurationError(
            "database_url: database_password_file needs a user name in it, as in user@host; got none"
        )
    return f"{scheme}://{user}:{quote(password, safe='')}@{host}{slash}{name}"
