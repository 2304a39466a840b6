"""``seguia gateway page`` as an installer starts it, and its desk over the real models, queue and modem's book."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import cv2
import numpy as np
import pytest

import seguia
from edge.clock import Clock
from edge.commissioning.founding import Wishes, found
from edge.config import GatewayConfig
from edge.data_folder import OUTBOX_FILE
from edge.database import Database
from edge.errors import ConfigurationError, UplinkUnavailableError
from edge.page.opening import deliver, open_desk, queue_test_sms


@pytest.fixture
def gateway(tmp_path: Path) -> tuple[Path, GatewayConfig]:
    file = tmp_path / "gateway.toml"
    wishes = Wishes(
        organisation="o", gateway_id="gw-01", parcel_id="P1", broker="127.0.0.1:1", modem=Path("/dev/null"),
        installer="+212600000000",
    )  # fmt: skip
    return file, found(file, wishes).config


def test_the_command_prints_where_and_the_code_and_opens_to_that_alone(gateway: tuple[Path, GatewayConfig]) -> None:
    command = [
        sys.executable,
        "-m",
        "seguia",
        "gateway",
        "page",
        "--config",
        str(gateway[0]),
        "--listen",
        "127.0.0.1:0",
    ]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as page:
        try:
            assert page.stdout is not None
            where, code = page.stdout.readline(), page.stdout.readline()
            address = where.split()[1]
            digits = re.sub(r"\D", "", code)
            assert len(digits) == 8
            with urllib.request.urlopen(address, timeout=10) as answer:
                assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
            with pytest.raises(urllib.error.HTTPError, match="401"):
                urllib.request.urlopen(f"{address}overview", timeout=10)
            entered = urllib.request.Request(
                f"{address}enter", json.dumps({"code": digits}).encode(), {"Content-Type": "application/json"}
            )
            with urllib.request.urlopen(entered, timeout=10) as answer:
                cookie = answer.headers["Set-Cookie"].partition(";")[0]
            overview = urllib.request.Request(f"{address}overview", headers={"Cookie": cookie})
            with urllib.request.urlopen(overview, timeout=10) as answer:
                assert json.loads(answer.read())["gateway"] == "gw-01"
        finally:
            page.send_signal(signal.SIGINT)
            rest, _ = page.communicate(timeout=20)
    assert page.returncode == 0
    assert rest == "closed\n"


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (["--listen", "0.0.0.0:8377"], "--access-point"),
        (["--listen", "8377"], "expected HOST:PORT"),
        (["--listen", "127.0.0.1:99999"], "expected HOST:PORT"),
        (["--config", "/nowhere/gateway.toml"], "no such file"),
    ],
)
def test_what_would_be_overheard_or_cannot_be_opened_is_refused_in_one_line(
    gateway: tuple[Path, GatewayConfig], options: list[str], part: str
) -> None:
    command = [sys.executable, "-m", "seguia", "gateway", "page", "--config", str(gateway[0]), *options]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert part in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_the_page_closes_itself(gateway: tuple[Path, GatewayConfig]) -> None:
    command = [sys.executable, "-m", "seguia", "gateway", "page", "--config", str(gateway[0])]
    command += ["--listen", "127.0.0.1:0", "--minutes", "0.01"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0
    assert ended.stdout.startswith("page  http://127.0.0.1:")


def test_a_test_sms_waits_in_the_modems_book_for_the_gateway_at_work(gateway: tuple[Path, GatewayConfig]) -> None:
    _, config = gateway
    queue_test_sms(config, "gw-01: test SMS.", Clock())
    database = Database(config.data_dir / OUTBOX_FILE, tell=lambda _: None)
    (row,) = database.rows("SELECT number, text, state, origin FROM letter")
    ((queued,),) = database.rows("SELECT count(*) FROM outbox")
    database.close()
    assert row == ("+212600000000", "gw-01: test SMS.", "taken", "gateway")
    assert queued == 0, "the office is not told of it"
    with pytest.raises(ConfigurationError, match="installer"):
        queue_test_sms(config.model_copy(update={"installer": None}), "x", Clock())


def test_sending_looks_at_the_photos_and_says_who_did_not_answer(gateway: tuple[Path, GatewayConfig]) -> None:
    file, config = gateway
    config = config.model_copy(update={"modem": None, "settle_s": 0.0})
    picture = np.random.default_rng(1).integers(0, 255, (96, 128, 3)).astype(np.uint8)
    cv2.imwrite(str(config.watch[0].folder / "a.png"), picture)
    with pytest.raises(UplinkUnavailableError, match="nothing is lost"):
        deliver(config, patience_s=0.5)
    desk, clock = open_desk(file)
    assert desk.overview("ar")["gateway"] == "gw-01"
    assert clock.monotonic_s() > 0


@pytest.mark.parametrize(
    ("options", "code", "part"),
    [
        ((), 0, "code  "),
        (("--access-point",), 0, "note  plain HTTP"),
        (("--listen", "8377"), 2, "expected HOST:PORT"),
    ],
)
def test_the_command_in_this_process(
    gateway: tuple[Path, GatewayConfig],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, ...],
    code: int,
    part: str,
) -> None:
    known = ["seguia", "gateway", "page", "--config", str(gateway[0]), "--minutes", "0.01", "--listen", "127.0.0.1:0"]
    monkeypatch.setattr(sys, "argv", [*known, *options])
    try:
        seguia.main()
        ended = 0
    except SystemExit as end:
        ended = int(end.code or 0)
    said = capsys.readouterr()
    assert ended == code
    assert part in said.out + said.err
