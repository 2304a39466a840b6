import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cloud.adapters.files.parcels import read_parcel_toml, read_parcels, timezone_at
from cloud.errors import InputError

Write = Callable[[object], Path]
SQUARE = {
    "type": "Polygon",
    "coordinates": [[[-6.35, 32.34], [-6.348, 32.34], [-6.348, 32.342], [-6.35, 32.342], [-6.35, 32.34]]],
}


def feature(geometry: dict[str, Any] | None = SQUARE, **properties: object) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def writer(content: object) -> Path:
        path = tmp_path / "parcels.geojson"
        features = {"type": "FeatureCollection", "features": content} if isinstance(content, list) else content
        path.write_text(features if isinstance(features, str) else json.dumps(features), encoding="utf-8")
        return path

    return writer


def test_a_parcel_gets_its_documented_defaults(write: Write) -> None:
    read = read_parcels(write([feature(id="a", crop="maize", planted_on="2024-04-01")]))
    (parcel,) = read.records
    # 0.002 degrees of latitude by 0.002 degrees of longitude at 32.34 N: 222.4 m x 187.9 m.
    assert parcel.area_ha == pytest.approx(4.18, abs=0.01)
    assert parcel.timezone == "Africa/Casablanca"
    assert (parcel.latitude, parcel.longitude) == pytest.approx((32.341, -6.349))
    assert parcel.irrigation.method == "basin"
    assert read.problems == ()
    assert len(read.reference.sha256) == 64


def test_one_bad_parcel_never_stops_the_others(write: Write) -> None:
    crossing = {"type": "Polygon", "coordinates": [[[-6, 32], [-5.99, 32.01], [-5.99, 32], [-6, 32.01], [-6, 32]]]}
    open_ring = {"type": "Polygon", "coordinates": [[[-6, 32]]]}
    huge = {"type": "Polygon", "coordinates": [[[-9, 30], [-5, 30], [-5, 34], [-9, 34], [-9, 30]]]}
    read = read_parcels(
        write(
            [
                feature(id="good", crop="olive"),
                feature(crossing, id="crossing", crop="olive"),
                feature(id="unknown", crop="olivine"),
                feature(None, id="nowhere", crop="olive"),
                feature({"type": "Point", "coordinates": [-500, 32]}, id="far", crop="olive"),
                feature({"type": "LineString", "coordinates": [[0, 0], [1, 1]]}, id="line", crop="olive"),
                feature({"type": "Polygon", "coordinates": []}, id="empty", crop="olive"),
                feature(open_ring, id="open", crop="olive"),
                feature(huge, id="huge", crop="olive"),
                feature(id="good", crop="citrus"),
                feature(id="undated", crop="wheat"),
                feature(id="month", crop="wheat", planted_on="2024-13-01"),
                feature(crop="olive"),
                feature(id="cropless"),
                feature(id="soil", crop="olive", soil={"field_capacity": 0.1, "wilting_point": 0.2}),
                feature(id="texture", crop="olive", soil={"texture": "gravel"}),
                feature(id="zone", crop="olive", timezone="Morocco/Somewhere"),
                feature(id="words", crop="olive", latitude="north", longitude="west"),
                {"type": "Feature", "geometry": None, "properties": [1]},
            ]
        )
    )
    assert [parcel.id for parcel in read.records] == ["good"]
    expected = {
        "crossing": "do not cross",
        "unknown": "did you mean olive",
        "nowhere": "add the field's place",
        "far": "EPSG:4326",
        "line": "got LineString",
        "empty": "got none",
        "open": "closed rings",
        "huge": "one field",
        "good": "every id once",
        "undated": "planted_on",
        "month": "planted_on",
        "number 12": "id: expected a value",
        "cropless": "crop: expected a value",
        "soil": "below field_capacity",
        "texture": "gravel",
        "zone": "IANA",
        "words": "expected numbers",
        "feature 18": "expected an object",
    }
    assert len(read.problems) == len(expected)
    for (subject, what), line in zip(expected.items(), read.problems, strict=True):
        assert subject in line
        assert what in line


def test_unknown_fields_are_ignored_and_named_once(write: Write) -> None:
    more: dict[str, Any] = {
        "colour": "red",
        "soil": {
            "texture": "loam",
            "ph": 7.2,
            "layers": [{"depth_m": 0.4, "field_capacity": 0.3, "wilting_point": 0.1, "clay": 1}],
        },
    }
    read = read_parcels(write([feature(id="a", crop="olive", **more), feature(id="b", crop="olive", **more)]))
    assert len(read.records) == 2
    assert read.ignored_fields == ("colour", "soil.layers.clay", "soil.ph")


def test_exchanged_coordinates_are_told(write: Write) -> None:
    read = read_parcels(write([feature({"type": "Point", "coordinates": [32.34, -6.35]}, id="a", crop="olive")]))
    assert len(read.records) == 1
    assert "if exchanged" in read.notes[0]


def test_fiboa_names_and_holes_are_read(write: Write) -> None:
    hole = [[-6.3495, 32.3405], [-6.3495, 32.3415], [-6.3485, 32.3415], [-6.3485, 32.3405], [-6.3495, 32.3405]]
    holed = {"type": "MultiPolygon", "coordinates": [[SQUARE["coordinates"][0], hole]]}
    content = [
        {"type": "Feature", "id": 7, "geometry": SQUARE, "properties": {"crop:name": "olive", "metrics:area": 25000}},
        feature(holed, id="holed", crop="olive"),
    ]
    first, second = read_parcels(write(content)).records
    assert (first.id, first.area_ha) == ("7", 2.5)
    assert second.area_ha == pytest.approx(4.18 * 0.75, abs=0.02)


@pytest.mark.parametrize("content", ["{", {"type": "Feature"}, {"features": []}, {"features": 1}])
def test_what_is_no_collection_is_refused(write: Write, content: object) -> None:
    with pytest.raises(InputError, match="export the layer as GeoJSON"):
        read_parcels(write(content))


def test_a_collection_nested_too_deep_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "deep.geojson"
    path.write_text("[" * 100_000, encoding="utf-8")
    with pytest.raises(InputError, match="expected GeoJSON, got maximum recursion depth"):
        read_parcels(path)


def test_what_is_no_feature_is_named_and_the_others_read(write: Write) -> None:
    read = read_parcels(write([1, None, feature(id="good", crop="olive"), {"type": "Feature", "properties": 3}]))
    assert [parcel.id for parcel in read.records] == ["good"]
    assert [problem.partition(": ")[2] for problem in read.problems] == [
        "feature 0: expected a Feature, got int; correct the file",
        "feature 1: expected a Feature, got NoneType; correct the file",
        "feature 3: properties: expected an object, got int; correct the file",
    ]


def test_an_absent_or_binary_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="check the path"):
        read_parcels(tmp_path / "none.geojson")
    path = tmp_path / "binary.geojson"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="UTF-8"):
        read_parcels(path)


def test_a_parcel_file_with_everything(tmp_path: Path) -> None:
    path = tmp_path / "plot.toml"
    path.write_text(
        """
crop = "cotton"
planted_on = 2018-04-18
latitude = 33.07
longitude = -111.97
elevation_m = 361
initial_depletion_mm = 4.0
colour = "red"
[crop_parameters]
kcb_mid = 1.13
stage_lengths_days = [32, 47, 37, 35]
[soil]
evaporable_water_mm = 20.0
layers = [{ depth_m = 0.4, field_capacity = 0.25, wilting_point = 0.11 },
          { depth_m = 0.8, field_capacity = 0.22, wilting_point = 0.11 }]
""",
        encoding="utf-8",
    )
    read = read_parcel_toml(path)
    (parcel,) = read.records
    assert parcel.id == "plot"
    assert parcel.timezone == "America/Phoenix"
    assert parcel.soil.layers[1].field_capacity == 0.22
    assert parcel.crop_parameters.stage_lengths_days == (32, 47, 37, 35)
    assert read.ignored_fields == ("colour",)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("crop = ", "expected TOML"),
        ("crop = 'olive'", "place"),
        ("crop = 'olive'\nlatitude = 95.0\nlongitude = 0.0", "latitude"),
        ("crop = 'olive'\nlatitude = 35.0\nlongitude = 0.0\narea_ha = -1", "area_ha"),
    ],
)
def test_an_unusable_parcel_file_says_why(tmp_path: Path, text: str, what: str) -> None:
    path = tmp_path / "plot.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=what):
        read_parcel_toml(path)


def test_time_zones_follow_the_place() -> None:
    assert timezone_at(32.34, -6.35) == "Africa/Casablanca"
    assert timezone_at(36.8, 10.18) == "Africa/Tunis"


def test_an_area_that_nobody_gave_is_told(write: Write) -> None:
    point = {"type": "Point", "coordinates": [-6.35, 32.34]}
    read = read_parcels(
        write(
            [
                feature(point, id="a", crop="olive"),
                feature(point, id="b", crop="olive", area_ha=0.5),
                feature(id="c", crop="olive"),
            ]
        )
    )
    assert [parcel.area_ha for parcel in read.records][:2] == [1.0, 0.5]
    (note,) = read.notes
    assert "parcel a: area_ha" in note
    assert "1 ha is taken" in note
