"""What the advice of one parcel rested on, as files for people: its own records, and the weather at its place."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import xarray as xr

from cloud.advice.inputs import DayInputs
from cloud.records import Parcel
from cloud.replay.given import given_of
from cloud.weather.nearness import nearest_of

SHARED = ("turns", "quotas", "pumps")
"""Tables of shared water, of which a file holds the rows that bind the parcel."""


def inputs_of(inputs: DayInputs, parcel_id: str) -> dict[str, bytes]:
    """Files by name; none where the parcel is not among those of the day."""
    parcel = next((one for one in inputs.parcels if one.id == parcel_id), None)
    if parcel is None:
        return {}
    own = {
        "events": [one.model_dump(mode="json") for one in inputs.events if one.parcel_id == parcel_id],
        "observations": [one.model_dump(mode="json") for one in inputs.observations if one.parcel_id == parcel_id],
        "detections": [one.model_dump(mode="json") for one in inputs.detections if one.parcel_id == parcel_id],
        "history": [one.model_dump(mode="json") for one in inputs.history if one.proposed.parcel_id == parcel_id],
    }
    files = {f"inputs/{name}.json": as_json(content) for name, content in own.items()}
    files["inputs/parcel.json"] = as_json(parcel.model_dump(mode="json"))
    files["inputs/given.json"] = as_json(_given(inputs, parcel))
    files["inputs/weather.csv"] = _weather(inputs.weather, parcel)
    if inputs.forecast is not None:
        files["inputs/forecast.csv"] = _weather(inputs.forecast, parcel)
    return files


def as_json(content: Any) -> bytes:  # noqa: ANN401 -- any JSON
    """JSON for people: indented, in the letters it was written in."""
    return (json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()


def _given(inputs: DayInputs, parcel: Parcel) -> dict[str, Any]:
    given: dict[str, Any] = json.loads(given_of(inputs))
    return {**given, **{name: [row for row in given[name] if _binds(row, parcel)] for name in SHARED}}


def _binds(row: dict[str, Any], parcel: Parcel) -> bool:
    """Whether a turn, a quota or a pump concerns a parcel."""
    if row.get("parcel_id") is not None:
        return bool(row["parcel_id"] == parcel.id)
    if "pump" in row:
        return bool(row["pump"] == parcel.water.pump)
    return bool(row.get("canal") == parcel.water.canal and row.get("group") in {None, parcel.water.group})


def _weather(dataset: xr.Dataset, parcel: Parcel) -> bytes:
    """Weather of the site that the parcel takes, every digit written out; unknown values are empty."""
    one = dataset.isel(site=int(nearest_of([parcel], dataset).site[0]))
    names = [str(name) for name, values in dataset.data_vars.items() if "time" in values.dims]
    text = io.StringIO()
    for name in ("latitude", "longitude", "elevation_m"):
        text.write(f"# {name}: {float(one[name]):.6g}\n")
    for name in ("source", "issued_at", "synthetic"):
        text.write(f"# {name}: {dataset.attrs[name]}\n" if dataset.attrs.get(name) else "")
    writer = csv.writer(text, lineterminator="\n")
    member = ["member"] if "member" in dataset.dims else []
    writer.writerow([*member, "date", *names])
    writer.writerows(_rows(one, names))
    return text.getvalue().encode()


def _rows(one: xr.Dataset, names: Sequence[str]) -> Iterator[list[object]]:
    days = one["time"].values.astype("datetime64[D]").tolist()
    if "member" not in one.dims:
        yield from ([day, *row] for day, row in zip(days, _columns(one, names), strict=True))
        return
    for place, number in enumerate(one["member"].values.tolist()):
        of_member = one.isel(member=place)
        yield from ([number, day, *row] for day, row in zip(days, _columns(of_member, names), strict=True))


def _columns(one: xr.Dataset, names: Iterable[str]) -> Iterator[tuple[object, ...]]:
    columns = [[_text(value) for value in np.atleast_1d(one[name].values).tolist()] for name in names]
    return zip(*columns, strict=True)


def _text(value: object) -> object:
    return "" if isinstance(value, float) and np.isnan(value) else value
