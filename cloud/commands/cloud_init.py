"""``seguia cloud init``: a new data folder with configuration, keys and an empty database."""

import secrets
from pathlib import Path
from typing import Annotated, Final

import typer

from cloud.adapters.personal import PersonalKeys
from cloud.adapters.signing import SigningKey
from cloud.adapters.store.store import Store
from cloud.config import FILE_NAME, read_config
from cloud.errors import CloudError, ConfigurationError, ServiceUnavailableError
from cloud.secrets import write_secret

_SECRET_BYTES: Final = 24
_TEMPLATE: Final = """\
# Seguia, the cloud side. Paths start at the folder of this file; secrets stand in files of mode 0600 or in the
# environment (SEGUIA_DATABASE_URL, SEGUIA_BROKER_PASSWORD, SEGUIA_SMS_API_KEY, SEGUIA_CALLBACK_SECRET,
# SEGUIA_WEATHER_API_KEY, SEGUIA_REVIEW_TOKEN), never here.
organisation = "{organisation}"
data_dir = "."
keys_file = "keys/personal.json"
# database_url = "postgresql://seguia@127.0.0.1/seguia"     # default: seguia.db in data_dir
# database_password_file = "keys/database"

[broker]
host = "127.0.0.1"
port = 1883
# ca_file = "tls/ca.pem"                                     # switches TLS on
# certificate_file = "tls/ingest.pem"
# key_file = "tls/ingest.key"
# username = "ingest"
# password_file = "keys/broker"

[web]
host = "127.0.0.1"
port = 8765

[weather]
# past_path = "weather/past.nc"
# forecast_path = "weather/forecast.nc"

# [weather.fetch]                                            # fills these files from services: seguia cloud weather
# past = ["nasa-power", "open-meteo-archive", "open-meteo-recent"]
# forecast = "open-meteo-ensemble"                           # Open-Meteo without a key: non-commercial use only
# api_key_file = "keys/weather"

# [weather.calibration]                                      # the night corrects its forecast by earlier ones it kept
# enabled = false

[constraints]
# turns_path = "constraints/turns.csv"
# quota_path = "constraints/quota.csv"
# pumps_path = "constraints/pumps.csv"

[sms]
carrier = "spool"                                            # writes messages to a folder; reaches nobody
# carrier = "africastalking"
# username = "your account"
# api_key_file = "keys/sms"
# sender = "your sender name"
callback_secret_file = "keys/callback"
reviewed_only = true                                         # only texts that a native agronomist has signed
# catalogues_dir = "words"                                   # your own LANGUAGE.po instead of the packaged ones
catalogue_signatures = 1                                     # people who must sign a language before it goes live
allow_unlicensed_weights = false                             # advice from models whose licence is not known

# [people]                                                   # seguia cloud farmer
# keep_days = 400                                            # then what people wrote is made unreadable
# controller = "who answers for the data"
# contact = "where people ask to see, correct or erase it"
# declaration = "receipt number of the CNDP"
# carriers_at_home = ["aggregator"]                          # of which you made sure that they stay in the country

# [telephone]                                                # a menu to dial, missed calls, calls that read advice out
# public_url = "https://seguia.example.org"                  # the carrier posts to /telephone/<secret>/ussd and voice
# number = "+212500000000"                                   # from which it calls
# inbound = "reject"                                         # a call asks for one at no cost; speak: it is answered
# audio_dir = "audio"                                        # <tongue>/<clip>.mp3: seguia cloud recordings --script fr
# audio_url = "https://seguia.example.org/audio"
# voices = {{ fr = "a voice of the carrier" }}

# [backup]                                                   # seguia cloud backup; each is sealed to these keys
# folder = "/mnt/backups"                                    # not this disk
# recipients = ["age1..."]                                   # seguia cloud backup key --out FILE, FILE kept elsewhere
# keep_days = 35                                             # what was erased must not live on in old backups

# [planning]                                                 # gateways advise by themselves while the cloud is silent
# signing_key_file = "keys/plan-signing.key"                 # made by: seguia cloud plan key
# days = 31                                                  # so far ahead every night plans

# [planning.gateways.gw-01]
# opening_key = "64 hex digits"                              # what stands in keys/plan.pub of the gateway
# parcels = ["p1", "p2"]                                     # its own; each parcel with one gateway only

# [review]                                                   # what the judge withheld: seguia cloud review
# four_eyes = "large"                                        # two people for doses above four_eyes_above_mm
# four_eyes_above_mm = 40
# reviewers = ["who may decide", "and who else"]
# token_file = "keys/review"                                 # lets the web service take decisions
# token_sha256."a name" = "digest of a secret"              # one for each reviewer: seguia cloud review token
"""

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command()
def init(
    data: Annotated[Path, typer.Option("--data", help="Folder to make; it must not hold an installation yet.")],
    organisation: Annotated[str, typer.Option("--organisation", help="Its name in the MQTT topics.")] = "seguia",
) -> None:
    """Make a data folder: configuration, keys of personal data, callback secret, empty database.

    Example: seguia cloud init --data /var/lib/seguia --organisation ormvat
    """
    path, keys, database = data / FILE_NAME, data / "keys", data / "seguia.db"
    for made in (path, database, keys / "personal.json", keys / "callback", keys / "audit"):
        if made.exists():
            raise ConfigurationError(f"{made}: exists already; it is never overwritten, choose another folder")
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        keys.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise ServiceUnavailableError(
            f"{data}: the folder cannot be made ({error.strerror}); check the path and its permissions"
        ) from error
    try:
        _fill(path, organisation)
    except CloudError:
        # Half an installation would only be in the way of the next attempt.
        for made in (path, database, keys / "personal.json", keys / "callback", keys / "audit"):
            made.unlink(missing_ok=True)
        raise
    typer.echo(f"configuration: {path}")
    typer.echo(f"keys: {keys} (keep a copy elsewhere: without them the stored names and numbers cannot be read)")
    typer.echo(f"database: {database}")
    typer.echo(f"next: correct {path}, then run: seguia cloud check --data {data}")


def _fill(path: Path, organisation: str) -> None:
    write_secret(path, _TEMPLATE.format(organisation=organisation))
    config = read_config(path)
    PersonalKeys.create(config.keys_file)
    SigningKey.create(config.signing_key_file)
    write_secret(config.keys_file.with_name("callback"), secrets.token_urlsafe(_SECRET_BYTES) + "\n")
    with Store.open(f"sqlite:///{config.data_dir / 'seguia.db'}", PersonalKeys.read(config.keys_file), create=True):
        (config.data_dir / "seguia.db").chmod(0o600)
