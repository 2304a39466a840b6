"""Weather as bytes that say everything: the same dataset gives the same bytes, and comes back to the last bit.

A dataset is cut into its calendar months, so that a month of the past that stands in every night's weather is kept
once; what is no series (places, names, attributes) stands in a first part of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from cloud.errors import InputError, IntegrityError

if TYPE_CHECKING:
    import xarray as xr

FORMAT: Final = 1
TIME: Final = "time"
Values = NDArray[Any]

_NUMPY: Final = "numpy"
_LENGTH: Final = 8
_DAMAGE: Final = (ValueError, LookupError, TypeError, AttributeError, MemoryError, RecursionError)
"""What unpacking bytes raises that are not ours."""


def packed(dataset: xr.Dataset) -> tuple[bytes, ...]:
    """A dataset as parts: its description with everything that has no time, then one part for each month in order."""
    names = [str(name) for name in dataset.variables]
    arrays = {name: np.asarray(dataset[name].values) for name in names}
    timed = [name for name in names if TIME in dataset[name].dims]
    spans = _months(arrays[TIME]) if TIME in arrays else []
    header = {
        "format": FORMAT,
        "attributes": _encoded(dataset.attrs),
        "variables": [_described(dataset, name, arrays[name]) for name in names],
        "months": [last - first for first, last in spans],
    }
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    still = b"".join(_bytes_of(arrays[name]) for name in names if name not in timed)
    months = (
        b"".join(_bytes_of(_rows(arrays[name], dataset[name].dims, first, last)) for name in timed)
        for first, last in spans
    )
    return (len(text).to_bytes(_LENGTH, "big") + text + still, *months)


def unpacked(parts: Sequence[bytes]) -> xr.Dataset:
    """The dataset of its parts; IntegrityError where these are not what ``packed`` gives."""
    try:
        return _dataset(parts)
    except _DAMAGE as error:
        raise IntegrityError(
            f"packed weather: expected the parts of a dataset of format {FORMAT}, got others ({error}); what was kept"
            " cannot be read by this version"
        ) from error


def _dataset(parts: Sequence[bytes]) -> xr.Dataset:
    import xarray as xr  # noqa: PLC0415 -- slow to import; asking a command for help must not wait for it

    size = int.from_bytes(parts[0][:_LENGTH], "big")
    header = json.loads(parts[0][_LENGTH : _LENGTH + size])
    if header["format"] != FORMAT or len(header["months"]) != len(parts) - 1:
        raise ValueError(f"format {header['format']}, {len(parts) - 1} months of {len(header['months'])}")
    variables = header["variables"]
    still = _Reader(parts[0], _LENGTH + size)
    arrays = {one["name"]: still.take(one, one["shape"]) for one in variables if TIME not in one["dims"]}
    months = [_month(parts[row + 1], variables, days) for row, days in enumerate(header["months"])]
    for one in variables:
        if TIME in one["dims"]:
            axis = one["dims"].index(TIME)
            pieces = [month[one["name"]] for month in months]
            arrays[one["name"]] = np.concatenate(pieces, axis=axis) if pieces else np.empty(one["shape"], one["dtype"])
    content = {
        one["name"]: xr.Variable(one["dims"], arrays[one["name"]], _decoded(one["attributes"])) for one in variables
    }
    coordinates = {one["name"]: content.pop(one["name"]) for one in variables if one["coordinate"]}
    return xr.Dataset(content, coords=coordinates, attrs=_decoded(header["attributes"]))


def _month(part: bytes, variables: Sequence[Mapping[str, Any]], days: int) -> dict[str, Values]:
    reader = _Reader(part, 0)
    found = {}
    for one in variables:
        if TIME in one["dims"]:
            shape = [days if name == TIME else size for name, size in zip(one["dims"], one["shape"], strict=True)]
            found[one["name"]] = reader.take(one, shape)
    return found


class _Reader:
    """Reads one array after the other out of a part."""

    def __init__(self, part: bytes, at: int) -> None:
        self._part = part
        self._at = at

    def take(self, one: Mapping[str, Any], shape: Sequence[int]) -> Values:
        """The next array, of a variable's kind and some shape."""
        size = int.from_bytes(self._next(_LENGTH), "big")
        content = self._next(size)
        if one["dtype"] == "text":
            texts = np.empty(int(np.prod(shape)), dtype=object)
            texts[:] = json.loads(content)
            return texts.reshape(shape)
        kind = np.dtype(one["dtype"])
        planes = np.frombuffer(content, dtype=np.uint8).reshape(kind.itemsize, -1)
        values: Values = np.ascontiguousarray(planes.T).view(kind).reshape(shape)
        return values

    def _next(self, size: int) -> bytes:
        piece = self._part[self._at : self._at + size]
        if len(piece) != size:
            raise ValueError("a part is too short")
        self._at += size
        return piece


def _described(dataset: xr.Dataset, name: str, values: Values) -> dict[str, Any]:
    return {
        "name": name,
        "dims": [str(one) for one in dataset[name].dims],
        "shape": list(values.shape),
        "dtype": "text" if values.dtype.kind == "O" else values.dtype.newbyteorder("<").str,
        "coordinate": name in dataset.coords,
        "attributes": _encoded(dataset[name].attrs),
    }


def _bytes_of(values: Values) -> bytes:
    """Length and content of an array; numbers as planes of equal bytes, which pack far smaller."""
    if values.dtype.kind == "O":
        texts = values.ravel().tolist()
        if not all(isinstance(one, str) for one in texts):
            raise InputError("weather: expected numbers or texts, got an array of other things; it cannot be kept")
        content = json.dumps(texts, ensure_ascii=False).encode()
    else:
        flat = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<")).reshape(-1)
        content = np.ascontiguousarray(flat.view(np.uint8).reshape(flat.size, -1).T).tobytes()
    return len(content).to_bytes(_LENGTH, "big") + content


def _rows(values: Values, dims: Sequence[object], first: int, last: int) -> Values:
    where = [slice(None)] * values.ndim
    where[list(dims).index(TIME)] = slice(first, last)
    rows: Values = values[tuple(where)]
    return rows


def _months(times: Values) -> list[tuple[int, int]]:
    """Rows of one month each, in the order of the dataset."""
    months = times.astype("datetime64[M]")
    edges = [0, *(np.flatnonzero(months[1:] != months[:-1]) + 1).tolist(), months.size]
    return [(first, last) for first, last in pairwise(edges) if last > first]


def _encoded(attributes: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): _plain(value) for name, value in attributes.items()}


def _plain(value: Any) -> Any:  # noqa: ANN401 -- an attribute may be anything that NetCDF knows
    if isinstance(value, np.ndarray | np.generic):
        return {_NUMPY: value.dtype.str, "shape": list(value.shape), "values": np.asarray(value).ravel().tolist()}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    raise InputError(f"weather: expected attributes of text and numbers, got a {type(value).__name__}; drop it")


def _decoded(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return dict(_attributes(attributes))


def _attributes(attributes: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in attributes.items():
        if isinstance(value, dict):
            array = np.array(value["values"], dtype=value[_NUMPY]).reshape(value["shape"])
            yield name, array if value["shape"] else array[()]
        else:
            yield name, value
