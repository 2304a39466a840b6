import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from cloud.adapters.files.parcels import read_parcels
from cloud.records import Check, Parcel, Quantiles, Recommendation, Soil, Verdict
from cloud.schema import as_text, main, schemas
from tests.json_schema import faults

DAWN = datetime(2026, 7, 22, 5, tzinfo=UTC)
PARCEL = Parcel(
    id="P1",
    crop="wheat",
    planted_on=date(2025, 11, 20),
    latitude=32.3,
    longitude=-6.4,
    soil=Soil(field_capacity=0.36, wilting_point=0.2),
)
ADVICE = Recommendation(
    parcel_id="P1",
    parcel_name="North",
    timezone="Africa/Casablanca",
    day=date(2026, 7, 22),
    action="irrigate",
    start_window=(DAWN, DAWN),
    depth_mm=Quantiles(p10=18.0, p50=21.0, p90=25.0),
    volume_m3=105.0,
    reason_code="stress_expected",
    code_version="1",
)
VERDICT = Verdict(
    proposed=ADVICE,
    recommendation=ADVICE,
    decision="release",
    checks=(Check(name="dose", passed=True, measured=21.0, limit=60.0),),
    explanation="within every limit",
    valid_until=DAWN,
)


def found(content: Any, name: str, part: str | None = None) -> list[str]:  # noqa: ANN401 -- any JSON
    document = schemas()[name]
    return list(faults(content, document if part is None else document["$defs"][part], document))


@pytest.mark.parametrize("name", schemas())
def test_the_committed_file_is_the_generated_one(name: str, repository: Path) -> None:
    committed = repository / "firmware_configs" / "schemas" / name
    assert committed.read_text(encoding="utf-8") == as_text(schemas()[name]), "stale: run make schemas"


def test_records_fit_and_later_versions_may_add_fields() -> None:
    plain = VERDICT.model_dump(mode="json")
    assert found(plain, "verdict.json") == []
    assert found(plain["proposed"], "recommendation.json") == []
    assert found(plain | {"later": 1}, "verdict.json") == []
    assert found(plain["proposed"] | {"later": 1}, "recommendation.json") == []


@pytest.mark.parametrize("changed", [{"decision": "perhaps"}, {"checks": None}, {"explanation": 7}])
def test_a_wrong_verdict_does_not_fit(changed: dict[str, Any]) -> None:
    assert len(found(VERDICT.model_dump(mode="json") | changed, "verdict.json")) == 1


def test_a_parcel_fits_as_one_and_as_geojson(tmp_path: Path) -> None:
    plain = PARCEL.model_dump(mode="json", exclude_none=True)
    assert found(plain, "parcel.json", "parcel") == []
    point = {"type": "Point", "coordinates": [plain.pop("longitude"), plain.pop("latitude")]}
    collection = {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "geometry": point, "properties": plain}],
    }
    assert found(collection, "parcel.json", "collection") == []
    assert found(collection, "parcel.json") == []
    path = tmp_path / "farm.geojson"
    path.write_text(json.dumps(collection))
    (read,) = read_parcels(path).records
    assert (read.id, read.latitude, read.soil) == ("P1", 32.3, PARCEL.soil)


def test_a_parcel_needs_its_crop_and_its_place() -> None:
    assert found({"id": "P1", "latitude": 32.3, "longitude": -6.4}, "parcel.json", "parcel") == ["$: crop is missing"]
    assert found({"id": "P1", "crop": "wheat"}, "parcel.json")
    bare = {"type": "Feature", "properties": {"id": "P1", "crop": "wheat"}}
    assert found(bare, "parcel.json", "feature") == ["$: geometry is missing"]


def test_the_command_writes_every_document(tmp_path: Path) -> None:
    assert main(["a", "b"]) == 2
    assert main([str(tmp_path / "here")]) == 0
    assert {path.name for path in (tmp_path / "here").iterdir()} == set(schemas())
