"""``seguia cloud serve``: on this machine only, map, API and the carrier's callbacks, and an orderly end."""

import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cloud.commands.cloud_serve import address, listen, serving
from cloud.commands.cloud_site import configuration
from cloud.errors import ConfigurationError, ServiceUnavailableError
from cloud.messages import Delivery
from tests.office import change, furnish, new_office, queue_now, states, store_of

NOW = datetime(2026, 6, 10, 8, 0, tzinfo=UTC)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return new_office(tmp_path)


def port_of(data: Path) -> int:
    return configuration(data, None).web.port


def asked(url: str, form: dict[str, str] | None = None, **headers: str) -> tuple[int, bytes]:
    """Status and body of a request; a form is posted."""
    body = None if form is None else urllib.parse.urlencode(form).encode()
    request = urllib.request.Request(url, data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def test_the_command_serves_map_and_api_until_it_is_told_to_stop(data: Path, repository: Path) -> None:
    furnish(data)
    root = f"http://127.0.0.1:{port_of(data)}"
    process = subprocess.Popen(
        [sys.executable, "-m", "seguia", "cloud", "serve", "--data", str(data)],
        cwd=repository,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        end = time.monotonic() + 60
        while not answers(port_of(data)) and time.monotonic() < end and process.poll() is None:
            time.sleep(0.1)
        status, body = asked(f"{root}/api/v1/parcels")
        assert status == 200
        found = json.loads(body)
        assert sorted(parcel["id"] for parcel in found["features"]) == ["one", "two"]
        assert asked(f"{root}/")[0] == 200
        assert asked(f"{root}/", Host="elsewhere.example")[0] == 400
    finally:
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=30)
    assert f"map: {root}/" in told
    assert "Traceback" not in told


def test_the_carrier_reports_under_the_secret_path_only(data: Path) -> None:
    queue_now(data)
    config = configuration(data, None)
    secret = (data / "keys" / "callback").read_text(encoding="utf-8").strip()
    with store_of(data) as store, listen(config) as listener:
        (queued,) = store.claim_due(datetime.now(UTC), 1)
        wired = Delivery(
            message_id=queued.message_id, state="wired", carrier="africastalking", carrier_id="ATXid_1", at=NOW
        )
        store.record_delivery(wired)
        with serving(store, config, listener, lambda: NOW) as root:
            report = {"id": "ATXid_1", "status": "Success", "phoneNumber": queued.phone_number}
            assert asked(f"{root}callbacks/wrong-secret/delivery", report)[0] == 404
            assert states(data) == ["wired"]
            assert asked(f"{root}callbacks/{secret}/delivery", report)[0] == 200
            assert states(data) == ["delivered"]
        with pytest.raises(OSError, match="refused"):
            asked(root)


def test_without_a_callback_secret_there_is_no_such_path(data: Path) -> None:
    change(data, "callback_secret_file = ", "# callback_secret_file = ")
    config = configuration(data, None)
    with store_of(data) as store, listen(config) as listener, serving(store, config, listener, lambda: NOW) as root:
        assert asked(f"{root}callbacks/anything/delivery", {"id": "1"})[0] in {404, 405}
        assert asked(f"{root}api/v1/parcels")[0] == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "map.example", "::"])
def test_other_machines_are_not_served(data: Path, host: str) -> None:
    change(data, '[web]\nhost = "127.0.0.1"', f'[web]\nhost = "{host}"')
    with pytest.raises(ConfigurationError, match="expected an address of this machine alone") as refusal:
        listen(configuration(data, None))
    assert f"got {host}; the map has no accounts yet" in str(refusal.value)


@pytest.mark.parametrize(("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("localhost", "127.0.0.1"), ("::1", "[::1]")])
def test_this_machine_is_known_by_every_name(data: Path, host: str, shown: str) -> None:
    change(data, '[web]\nhost = "127.0.0.1"', f'[web]\nhost = "{host}"')
    config = configuration(data, None)
    try:
        with listen(config) as listener:
            assert address(listener) == f"http://{shown}:{config.web.port}/"
    except ServiceUnavailableError:
        if host != "::1":
            raise
        pytest.skip("this machine has no IPv6 loopback address")


def test_a_taken_port_leaves_no_socket_behind(data: Path) -> None:
    config = configuration(data, None)
    with socket.create_server(("127.0.0.1", config.web.port)):
        with pytest.raises(ServiceUnavailableError, match="expected a free port") as refusal:
            listen(config)
        assert str(config.web.port) in str(refusal.value)
    listen(config).close()
