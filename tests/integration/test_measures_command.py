"""``seguia cloud measures`` and its answer over HTTP, on an installation with invented messages."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from typer.testing import Result

from cloud.errors import InputError
from cloud.messages import Delivery
from cloud.web.app import WebSettings, create_app
from tests.office import change, cloud, new_office, queue_now, store_of


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = new_office(tmp_path)
    change(folder, "[sms]\n", "[sms]\nprice_per_segment = 0.5\n")
    queue_now(folder, count=4)
    now = datetime.now(UTC)
    with store_of(folder) as store:
        for place, queued in enumerate(store.claim_due(now, 3)):
            said = {"message_id": queued.message_id, "carrier": "modem", "carrier_id": f"m{place}"}
            store.record_delivery(Delivery.model_validate({**said, "state": "wired", "at": now}))
            state = "failed" if place == 0 else "delivered"
            at = now + timedelta(seconds=20)
            store.record_delivery(Delivery.model_validate({**said, "state": state, "at": at}))
    return folder


def measured(data: Path, *more: object) -> Result:
    result = cloud("measures", "--data", data, *more)
    assert result.exit_code == 0, (result.output, result.exception)
    return result


def test_a_person_reads_shares_and_what_nobody_knows(data: Path) -> None:
    told = measured(data).stdout
    assert "all all: 4 messages, 3 taken by the carrier" in told
    assert "delivered 66.7 %" in told
    assert "after 20 s (half), 20 s (9 of 10)" in told
    assert "told irrigations answered no data; given no data; denied no data" in told
    assert "cost 1.50, 1.50 a farmer" in told
    assert "understood ary: no data (never signed)" in told
    assert "by telephone: no data" in told


def test_json_and_csv_say_the_same(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "m.csv"
    content = json.loads(measured(data, "--json", "--csv", out).stdout)
    assert content["total"]["delivered"]["count"] == 3
    assert content["total"]["followed"] is None
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"))))
    cell = next(row for row in rows if (row["kind"], row["measure"]) == ("carrier", "delivered"))
    assert float(cell["value"]) == content["carriers"][0]["delivered"]["value"]
    assert measured(data, "--csv", "-").stdout.startswith("kind,group,measure,value,low,high,count\n")


def test_a_period_without_messages_is_empty_and_one_backwards_is_refused(data: Path) -> None:
    content = json.loads(measured(data, "--json", "--from", "2020-01-01", "--to", "2020-12-31").stdout)
    assert content["total"]["messages"] == 0
    assert content["languages"] == []
    for first, last in (("2026-02-01", "2026-01-01"), ("1990-01-01", "2026-01-01")):
        result = cloud("measures", "--data", data, "--from", first, "--to", last)
        assert isinstance(result.exception, InputError)
        assert "expected a first day before the last" in str(result.exception)


def test_measures_over_http(data: Path) -> None:
    with store_of(data) as store:
        app = create_app(store, WebSettings(price_per_segment=0.5), lambda: datetime.now(UTC))
        client = TestClient(app, base_url="http://localhost")
        found = client.get("/api/v1/measures").json()
        assert found["total"]["delivered"]["count"] == 3
        assert found["costs"][0]["cost"] == 1.5
        assert client.get("/api/v1/measures?from=2020-01-01&to=2020-02-01").json()["total"]["messages"] == 0
        refused = client.get("/api/v1/measures?from=2026-02-01&to=2026-01-01")
        assert refused.status_code == 422
        assert "--from" in refused.json()["detail"]
        assert client.get("/api/v1/measures?from=soon").status_code == 422
        assert "212612345678" not in json.dumps(found)
