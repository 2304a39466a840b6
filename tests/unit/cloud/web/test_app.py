"""The service as a whole: its headers, its refusals, its page, and what it never tells."""

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from cloud.adapters.store.store import Store
from cloud.errors import IntegrityError, ServiceUnavailableError
from cloud.web.app import WebSettings, create_app
from tests.web_farm import CARRIER_ID, PERSON, TELEPHONE, now

READ = (
    "/api/v1/parcels",
    "/api/v1/parcels/P01",
    "/api/v1/parcels/P01/water",
    "/api/v1/parcels/P01/messages",
    "/api/v1/gateways",
    "/api/v1/health",
    "/ogc/",
    "/ogc/collections/parcels/items",
    "/ogc/collections/advice/items",
)


@pytest.mark.parametrize("path", [*READ, "/", "/assets/index-abc.js", "/api/v1/parcels/none", "/nowhere"])
def test_every_answer_forbids_foreign_sources(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Frame-Options"] == "DENY"
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("path", READ)
def test_no_answer_holds_a_number_a_name_or_a_carrier_id(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    for private in (TELEPHONE, TELEPHONE[4:], PERSON, PERSON.split()[0], CARRIER_ID, 'F01"', "farmer", "/home/"):
        assert private not in answer.text, f"{path} tells {private}"


def test_another_host_name_is_refused(client: TestClient) -> None:
    assert client.get("/api/v1/health", headers={"Host": "evil.example"}).status_code == 400
    for name in ("localhost", "127.0.0.1:8000", "[::1]:8000"):
        assert client.get("/api/v1/health", headers={"Host": name}).status_code == 200


def test_a_missing_thing_is_told_as_a_problem(client: TestClient) -> None:
    answer = client.get("/api/v1/parcels/none")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "parcel 'none': not known here; GET /api/v1/parcels lists those that are",
    }
    assert client.get("/assets/none.js").headers["Content-Type"] == "application/problem+json"


def test_a_wrong_value_is_named(client: TestClient) -> None:
    answer = client.get("/api/v1/parcels/P01/water", params={"since": "yesterday"})
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("query.since: ")


def test_nothing_can_be_written(client: TestClient) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert client.request(method, "/api/v1/parcels/P01").status_code == 405


def test_the_page_is_served_and_its_assets_last(client: TestClient) -> None:
    page = client.get("/")
    assert "<title>Seguia</title>" in page.text
    assert page.headers["Cache-Control"] == "no-cache"
    assert "immutable" in client.get("/assets/index-abc.js").headers["Cache-Control"]
    assert client.get("/assets/none.js").headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("path", ["/..%2f..%2fapp.py", "/%2e%2e/app.py", "/assets/..%2f..%2f..%2fapp.py"])
def test_the_page_gives_no_file_outside_its_folder(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_service_without_its_map_says_how_to_get_it(farm: Store, tmp_path: Path) -> None:
    with TestClient(create_app(farm, WebSettings(ui_dir=tmp_path), now), base_url="http://localhost") as client:
        answer = client.get("/")
        assert answer.status_code == 503
        assert "pip install" in answer.text
        assert client.get("/api/v1/health").status_code == 200


def test_long_answers_are_compressed(client: TestClient) -> None:
    assert client.get("/api/v1/parcels", headers={"Accept-Encoding": "gzip"}).headers["Content-Encoding"] == "gzip"


def test_the_api_describes_itself_without_pages_of_others(client: TestClient) -> None:
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    assert {path for path in paths if path.startswith("/api")} == {
        "/api/v1/parcels",
        "/api/v1/parcels/{parcel_id}",
        "/api/v1/parcels/{parcel_id}/water",
        "/api/v1/review",
        "/api/v1/review/{card}",
        "/api/v1/parcels/{parcel_id}/photo",
        "/api/v1/parcels/{parcel_id}/explanation",
        "/api/v1/parcels/{parcel_id}/instruments",
        "/api/v1/parcels/{parcel_id}/mask",
        "/api/v1/parcels/{parcel_id}/messages",
        "/api/v1/gateways",
        "/api/v1/health",
        "/api/v1/measures",
    }
    assert client.get("/docs").status_code == 404
    assert client.get("/redoc").status_code == 404


class BrokenStore:
    """A store that fails as it is told to."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __getattr__(self, name: str) -> object:
        raise self.error


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (ServiceUnavailableError("database: cannot be reached; try again later"), 503, "cannot be reached"),
        (IntegrityError("record 7: does not match its hash"), 500, "does not match"),
        (RuntimeError("secret detail"), 500, "its log says where"),
    ],
)
def test_a_failing_store_is_told_without_its_insides(error: Exception, status: int, told: str) -> None:
    app = create_app(BrokenStore(error), WebSettings(), now)  # type: ignore[arg-type]  # a store that breaks on purpose
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client:
        answer = client.get("/api/v1/parcels")
    assert answer.status_code == status
    assert told in answer.json()["detail"]
    assert "secret detail" not in answer.text


def test_the_carrier_reports_only_under_the_secret(farm: Store, page: Path) -> None:
    secret = "s3cret-of-sixteen-letters"
    with TestClient(
        create_app(farm, WebSettings(callback_secret=secret, ui_dir=page), now), base_url="http://localhost"
    ) as client:
        body = {"id": "ATXid_unknown", "status": "Success"}
        assert client.post(f"/callbacks/{secret}/delivery", data=body).status_code == 200
        assert client.post("/callbacks/another-long-secret/delivery", data=body).status_code == 404
        assert not re.search(secret, client.get("/api/v1/openapi.json").text)
