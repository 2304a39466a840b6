"""Messages without their receivers; gateways with the age of their last word."""

from datetime import date, timedelta

import pytest
from fastapi.testclient import TestClient

from cloud.adapters.store.views import GatewayStatus
from cloud.web.api.gateways import SILENT_AFTER_S, view_of
from edge.heartbeat import CareState, Heartbeat
from tests.web_farm import NOW


def test_messages_come_with_their_state_the_newest_first(client: TestClient) -> None:
    messages = client.get("/api/v1/parcels/P01/messages").json()
    assert sorted(entry["state"] for entry in messages) == ["delivered", "queued"]
    assert [entry["updated_at"] for entry in messages] == sorted(
        (entry["updated_at"] for entry in messages), reverse=True
    )
    assert all("60 h" in entry["text"] or "اسقِ" in entry["text"] for entry in messages)
    assert "farmer_id" not in messages[0]
    assert client.get("/api/v1/parcels/P02/messages").json() == []


def test_each_gateway_says_whether_it_lives(client: TestClient) -> None:
    gateways = {entry["gateway"]: entry for entry in client.get("/api/v1/gateways").json()}
    assert {name: entry["state"] for name, entry in gateways.items()} == {
        "gw-1": "online",
        "gw-2": "silent",
        "gw-3": "offline",
    }
    assert gateways["gw-1"]["age_s"] == 60.0
    assert gateways["gw-1"]["queued"] == 2
    assert gateways["gw-1"]["models"] == ["wilting 1.0.0"]
    assert gateways["gw-2"]["disk_free_mb"] is None


@pytest.mark.parametrize(
    ("age_s", "state"), [(-5.0, "online"), (SILENT_AFTER_S, "online"), (SILENT_AFTER_S + 1, "silent")]
)
def test_a_gateway_is_silent_after_a_quarter_of_an_hour(age_s: float, state: str) -> None:
    status = GatewayStatus(
        organisation="o", gateway="g", heartbeat=Heartbeat(online=True), received_at=NOW - timedelta(seconds=age_s)
    )
    assert view_of(status, NOW).state == state
    assert view_of(status, NOW).age_s == max(0.0, age_s)


def test_a_gateway_tells_what_waits_for_a_hand() -> None:
    care = CareState(due=("lens",), overdue_days=3, commissioned_on=date(2026, 5, 1))
    heard = Heartbeat(online=True, care=care)
    status = GatewayStatus(organisation="o", gateway="g", heartbeat=heard, received_at=NOW)
    assert view_of(status, NOW).care == care


def test_health_tells_how_fresh_the_store_is(client: TestClient) -> None:
    health = client.get("/api/v1/health").json()
    assert health["status"] == "ok"
    assert health["newest_water_day"] == "2026-07-02"
    assert health["gateways"] == 3
    assert health["parcels"] == 12
