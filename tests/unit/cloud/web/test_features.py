"""OGC API - Features: what QGIS and GDAL ask for."""

import pytest
from fastapi.testclient import TestClient
from hypothesis import assume, given
from hypothesis import strategies as st

from cloud.web.api.features import bounds, extent_of, touches
from tests.web_farm import parcel

ITEMS = "/ogc/collections/parcels/items"
DEGREES = st.floats(min_value=-180, max_value=180)


def test_the_door_leads_everywhere(client: TestClient) -> None:
    links = {link["rel"]: link["href"] for link in client.get("/ogc/").json()["links"]}
    assert set(links) == {"self", "service-desc", "conformance", "data"}
    for href in links.values():
        assert href.startswith("http://127.0.0.1/")
        assert client.get(href).status_code == 200
    assert client.get("/ogc").json() == client.get("/ogc/").json()
    assert any(uri.endswith("/conf/core") for uri in client.get("/ogc/conformance").json()["conformsTo"])


def test_collections_say_where_they_lie(client: TestClient) -> None:
    collections = {entry["id"]: entry for entry in client.get("/ogc/collections").json()["collections"]}
    assert set(collections) == {"parcels", "advice"}
    (west, south, east, north) = collections["advice"]["extent"]["spatial"]["bbox"][0]
    assert west == pytest.approx(-6.42)
    assert south == pytest.approx(32.33)
    assert east == pytest.approx(-6.42 + 3 * 0.004 + 0.0026)
    assert north == pytest.approx(32.33 + 2 * 0.0032 + 0.0021)
    assert client.get("/ogc/collections/parcels").json()["id"] == "parcels"
    assert client.get("/ogc/collections/people").status_code == 404


def test_pages_lead_to_every_feature_once(client: TestClient) -> None:
    seen: list[str] = []
    matched = 0
    following: str | None = f"{ITEMS}?limit=5"
    while following:
        page = client.get(following).json()
        assert page["numberReturned"] == len(page["features"]) <= 5
        matched = page["numberMatched"]
        seen += [feature["id"] for feature in page["features"]]
        following = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
    assert len(seen) == len(set(seen)) == matched >= 12


def test_a_box_selects_by_place(client: TestClient) -> None:
    first = client.get(ITEMS, params={"bbox": "-6.4201,32.3299,-6.4189,32.3305"}).json()
    assert [feature["id"] for feature in first["features"]] == ["P01"]
    spatial = client.get(ITEMS, params={"bbox": "-6.4201,32.3299,0,-6.4189,32.3305,900"}).json()
    assert spatial["features"] == first["features"]
    assert client.get(ITEMS, params={"bbox": "10,40,11,41"}).json()["numberMatched"] == 0


@pytest.mark.parametrize("bbox", ["1,2,3", "a,b,c,d", "0,10,1,-10", "nan,0,1,1", ""])
def test_a_box_that_is_none_is_refused(client: TestClient, bbox: str) -> None:
    answer = client.get(ITEMS, params={"bbox": bbox})
    assert answer.status_code == 400
    assert "bbox" in answer.json()["detail"]


@pytest.mark.parametrize("limit", ["0", "10001", "many"])
def test_a_limit_out_of_range_is_refused(client: TestClient, limit: str) -> None:
    assert client.get(ITEMS, params={"limit": limit}).status_code == 422


def test_advice_is_flat(client: TestClient) -> None:
    item = client.get("/ogc/collections/advice/items/P01").json()
    assert item["properties"]["action"] == "irrigate"
    assert item["properties"]["depth_mm"] == 60
    assert item["properties"]["starts_from"] == "2026-07-03T19:00:00+00:00"
    assert not any(isinstance(value, dict | list) for value in item["properties"].values())
    waiting = client.get("/ogc/collections/advice/items/P03").json()["properties"]
    assert (waiting["starts_from"], waiting["depth_mm"]) == (None, None)
    assert client.get("/ogc/collections/advice/items/P11").status_code == 404
    assert client.get("/ogc/collections/advice/items").json()["numberMatched"] == 11


def test_an_empty_collection_is_everywhere() -> None:
    assert extent_of([])["spatial"]["bbox"] == [[-180.0, -90.0, 180.0, 90.0]]


def test_bounds_of_nested_coordinates() -> None:
    outline = parcel(0).geometry
    assert outline is not None
    many = {"type": "MultiPolygon", "coordinates": [outline["coordinates"], [[[1, 2], [3, 4], [1, 4], [1, 2]]]]}
    assert bounds(many) == (-6.42, 2.0, 3.0, 32.3321)


@given(west=DEGREES, east=DEGREES, at=DEGREES)
def test_a_box_and_its_complement_across_the_antimeridian_cover_every_meridian(
    west: float, east: float, at: float
) -> None:
    # A box as wide as nothing has no complement: west equal to east is the one meridian.
    assume(west != east)
    point = (at, 0.0, at, 0.0)
    inside = touches(point, (min(west, east), -1.0, max(west, east), 1.0))
    outside = touches(point, (max(west, east), -1.0, min(west, east), 1.0))
    assert inside or outside
    assert not touches(point, (-180.0, 1.0, 180.0, 2.0))
