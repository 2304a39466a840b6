"""Families of faults in what a day is decided on: weather, forecast, parcels, irrigations, photos."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any, Final

import numpy as np
import xarray as xr

from cloud.daily import DayInputs
from cloud.records import IrrigationEvent, Parcel, Soil
from cloud.variables import Floats
from simulations.evaluation.judge.faults import Family
from simulations.evaluation.judge.photo_faults import PHOTO_FAMILIES

MM_PER_INCH: Final = 25.4
_RECENT: Final = 20

Change = Callable[[xr.Dataset], xr.Dataset]


def with_values(dataset: xr.Dataset, **changed: Floats) -> xr.Dataset:
    """The dataset with other values under some names."""
    return dataset.assign({name: (dataset[name].dims, values) for name, values in changed.items()})


def scaled(name: str, factor: float, more: float = 0.0) -> Change:
    """A wrong unit: a factor and an offset."""
    return lambda dataset: with_values(dataset, **{name: dataset[name].values * factor + more})


def recent(name: str, change: Callable[[Floats], Floats], days: int = _RECENT) -> Change:
    """A fault that began some days ago: the days before it are sound."""

    def spoil(dataset: xr.Dataset) -> xr.Dataset:
        values = dataset[name].values.copy()
        values[-days:] = change(values[-days:])
        return with_values(dataset, **{name: values})

    return spoil


def _stuck(dataset: xr.Dataset) -> xr.Dataset:
    names = [str(name) for name in dataset.data_vars]
    held = {}
    for name in names:
        values = dataset[name].values.copy()
        values[-_RECENT:] = values[-_RECENT - 1]
        held[name] = values
    return with_values(dataset, **held)


def _exchanged(dataset: xr.Dataset) -> xr.Dataset:
    return with_values(dataset, tmin_c=dataset["tmax_c"].values, tmax_c=dataset["tmin_c"].values)


def _later(days: int) -> Change:
    return lambda dataset: dataset.assign_coords(time=dataset["time"].values + np.timedelta64(days, "D"))


def _stale(dataset: xr.Dataset) -> xr.Dataset:
    """The last three weeks hold once more what the three before them held."""
    days = 21
    names = [str(name) for name in dataset.data_vars]
    old = {}
    for name in names:
        values = dataset[name].values.copy()
        values[-days:] = values[-2 * days : -days]
        old[name] = values
    return with_values(dataset, **old)


def _phantom_rain(dataset: xr.Dataset) -> xr.Dataset:
    values = dataset["rain_mm"].values.copy()
    values[1:3] = 25.0
    return with_values(dataset, rain_mm=values)


def of_weather(name: str, summary: str, change: Change) -> Family:
    """A fault of the past weather, which strikes everyone."""

    def spoil(inputs: DayInputs, _: frozenset[str], __: np.random.Generator) -> DayInputs:
        return replace(inputs, weather=change(inputs.weather))

    return Family(name=name, kind="weather", summary=summary, everyone=True, inputs=spoil)


def of_forecast(name: str, summary: str, change: Change) -> Family:
    """A fault of the forecast, which strikes everyone."""

    def spoil(inputs: DayInputs, _: frozenset[str], __: np.random.Generator) -> DayInputs:
        assert inputs.forecast is not None
        return replace(inputs, forecast=change(inputs.forecast))

    return Family(name=name, kind="forecast", summary=summary, everyone=True, inputs=spoil)


def _year_off(dataset: xr.Dataset) -> xr.Dataset:
    moved = _later(-365)(dataset)
    issued = np.datetime64(str(dataset.attrs["issued_at"])[:10], "D") - np.timedelta64(365, "D")
    return moved.assign_attrs(issued_at=f"{issued}T00:00:00")


def _as_if_new(dataset: xr.Dataset) -> xr.Dataset:
    """Leads 5 on of a forecast five days old, told as today's."""
    values = {str(name): np.roll(dataset[name].values, 5, axis=0) for name in dataset.data_vars}
    return with_values(dataset, **values)


def of_parcels(name: str, summary: str, change: Callable[[Parcel], Parcel]) -> Family:
    """A fault in what is known of some parcels."""

    def spoil(inputs: DayInputs, names: frozenset[str], _: np.random.Generator) -> DayInputs:
        return replace(inputs, parcels=tuple(change(one) if one.id in names else one for one in inputs.parcels))

    return Family(name=name, kind="parcel", summary=summary, everyone=False, inputs=spoil)


def _changed(**fields: Any) -> Callable[[Parcel], Parcel]:  # noqa: ANN401 -- fields of a record are of any type
    return lambda parcel: parcel.model_copy(update=fields)


def of_irrigation(**factors: float) -> Callable[[Parcel], Parcel]:
    """Properties of the irrigation system, each wrong by a factor."""

    def change(parcel: Parcel) -> Parcel:
        system = parcel.irrigation
        own = {name: (getattr(system, name) or 1.0) * factor for name, factor in factors.items()}
        return parcel.model_copy(update={"irrigation": system.model_copy(update=own)})

    return change


def _other_crop(parcel: Parcel) -> Parcel:
    other = {"wheat": "onion", "maize": "wheat", "tomato": "olive", "potato": "maize", "olive": "alfalfa"}
    return parcel.model_copy(update={"crop": other.get(parcel.crop, "tomato"), "planted_on": parcel.planted_on})


def _sown(days: int) -> Callable[[Parcel], Parcel]:
    def change(parcel: Parcel) -> Parcel:
        if parcel.planted_on is None:
            return parcel
        return parcel.model_copy(update={"planted_on": parcel.planted_on + timedelta(days=days)})

    return change


def of_events(name: str, summary: str, change: Callable[[DayInputs, frozenset[str]], list[IrrigationEvent]]) -> Family:
    """A fault in the irrigations of some parcels."""

    def spoil(inputs: DayInputs, names: frozenset[str], _: np.random.Generator) -> DayInputs:
        return replace(inputs, events=tuple(change(inputs, names)))

    return Family(name=name, kind="events", summary=summary, everyone=False, inputs=spoil)


def each(change: Callable[[IrrigationEvent], list[IrrigationEvent]]) -> Callable[[DayInputs, frozenset[str]], Any]:
    """One change for each irrigation of the struck parcels."""

    def spoil(inputs: DayInputs, names: frozenset[str]) -> list[IrrigationEvent]:
        return [new for one in inputs.events for new in (change(one) if one.parcel_id in names else [one])]

    return spoil


def times(factor: float) -> Callable[[IrrigationEvent], list[IrrigationEvent]]:
    """The depth of an irrigation, wrong by a factor."""
    return lambda event: [event.model_copy(update={"depth_mm": event.depth_mm * factor})]


def _moved(hours: float) -> Callable[[IrrigationEvent], list[IrrigationEvent]]:
    return lambda event: [event.model_copy(update={"started_at": event.started_at + timedelta(hours=hours)})]


def _twice(event: IrrigationEvent) -> list[IrrigationEvent]:
    return [event, event.model_copy(update={"started_at": event.started_at + timedelta(minutes=7)})]


def _of_neighbours(inputs: DayInputs, names: frozenset[str]) -> list[IrrigationEvent]:
    ordered = sorted(names)
    partner = dict(zip(ordered, [*ordered[1:], ordered[0]], strict=True))
    return [one.model_copy(update={"parcel_id": partner.get(one.parcel_id, one.parcel_id)}) for one in inputs.events]


def _dripping(inputs: DayInputs, names: frozenset[str]) -> list[IrrigationEvent]:
    """A meter that counts while nothing flows: 6 mm every day of the last fortnight."""
    added = [
        IrrigationEvent(
            parcel_id=name,
            started_at=inputs.weather["time"].values[-back].astype("datetime64[s]").item().replace(tzinfo=UTC),
            depth_mm=6.0,
            source="meter",
        )
        for name in sorted(names)
        for back in range(1, 15)
    ]
    return [*inputs.events, *added]


INPUT_FAMILIES: Final = (
    of_weather("rain in inches", "rain read as mm that was written in inches", scaled("rain_mm", 1.0 / MM_PER_INCH)),
    of_weather("rain tenfold", "a point lost from rain", scaled("rain_mm", 10.0)),
    of_weather("rain lost", "a blocked gauge: no rain for three weeks", recent("rain_mm", lambda v: v * 0.0, 21)),
    of_weather(
        "radiation tenfold",
        "radiation of the last weeks ten times too high",
        recent("radiation_mj_m2", lambda v: v * 10),
    ),
    of_weather("radiation in kWh", "radiation in kWh read as MJ", scaled("radiation_mj_m2", 1.0 / 3.6)),
    of_weather(
        "radiation stuck low",
        "a dirty sensor: a third of the sun for three weeks",
        recent("radiation_mj_m2", lambda v: v / 3),
    ),
    of_weather("wind in km/h", "wind in km/h read as m/s", scaled("wind_2m_m_s", 3.6)),
    of_weather("wind tenfold", "wind of the last weeks ten times too strong", recent("wind_2m_m_s", lambda v: v * 10)),
    of_weather(
        "temperature in Fahrenheit",
        "recent temperatures in degrees Fahrenheit",
        lambda d: recent("tmin_c", lambda v: 1.8 * v + 32)(recent("tmax_c", lambda v: 1.8 * v + 32)(d)),
    ),
    of_weather(
        "temperature 8 K too warm",
        "a sensor in the sun for three weeks",
        lambda d: recent("tmin_c", lambda v: v + 8)(recent("tmax_c", lambda v: v + 8)(d)),
    ),
    of_weather(
        "temperature sign",
        "recent temperatures with the wrong sign",
        lambda d: recent("tmin_c", lambda v: -v)(recent("tmax_c", lambda v: -v)(d)),
    ),
    of_weather("lowest and highest exchanged", "the two temperatures in each other's column", _exchanged),
    of_weather(
        "humidity as a fraction",
        "humidity in 0..1 read as per cent, dew point lost",
        lambda d: scaled("rh_mean_percent", 0.01)(scaled("dewpoint_c", float("nan"))(d)),
    ),
    of_weather("station stuck", "every value of the last twenty days the same", _stuck),
    of_weather("stale told as fresh", "weather of three weeks ago under today's dates", _stale),
    of_weather("clock a year ahead", "dates of the record a year late", _later(-365)),
    of_forecast("rain that nobody else sees", "25 mm on each of the next days in every member", _phantom_rain),
    of_forecast("forecast rain tenfold", "a point lost from forecast rain", scaled("rain_mm", 10.0)),
    of_forecast("forecast without rain", "rain missing from the forecast, read as none", scaled("rain_mm", 0.0)),
    of_forecast(
        "forecast in Kelvin",
        "temperatures in Kelvin",
        lambda d: scaled("tmin_c", 1.0, 273.15)(scaled("tmax_c", 1.0, 273.15)(d)),
    ),
    of_forecast("forecast of last year", "a forecast a year old", _year_off),
    of_forecast("old forecast told as new", "leads five days on told as today's", _as_if_new),
    of_forecast(
        "forecast too hot", "12 K too warm", lambda d: scaled("tmin_c", 1.0, 12.0)(scaled("tmax_c", 1.0, 12.0)(d))
    ),
    of_parcels("another crop", "the crop of another parcel", _other_crop),
    of_parcels("sown two months earlier", "sowing date sixty days too early", _sown(-60)),
    of_parcels("sown two months later", "sowing date sixty days too late", _sown(60)),
    of_parcels(
        "soil is sand", "the soil registered as sand", lambda p: p.model_copy(update={"soil": Soil(texture="sand")})
    ),
    of_parcels(
        "limits tenfold apart",
        "available water of a peat",
        lambda p: p.model_copy(update={"soil": Soil(field_capacity=0.9, wilting_point=0.1)}),
    ),
    of_parcels("area tenfold", "area ten times too large", lambda p: p.model_copy(update={"area_ha": p.area_ha * 10})),
    of_parcels(
        "area in square metres", "area in m2 read as ha", lambda p: p.model_copy(update={"area_ha": p.area_ha * 10_000})
    ),
    of_parcels("flow tenfold", "flow ten times too large", of_irrigation(flow_m3_h=10.0)),
    of_parcels("efficiency of a tenth", "efficiency 0.09 for 0.9", of_irrigation(efficiency=0.1)),
    of_parcels(
        "latitude and longitude exchanged",
        "the place on another continent",
        lambda p: p.model_copy(update={"latitude": p.longitude, "longitude": p.latitude}),
    ),
    of_events("irrigation counted twice", "each irrigation told twice, minutes apart", each(_twice)),
    of_events("irrigation tenfold", "depths ten times too large", each(times(10.0))),
    of_events("irrigation a tenth", "depths ten times too small", each(times(0.1))),
    of_events("irrigation in inches", "inches read as mm", each(times(1.0 / MM_PER_INCH))),
    of_events("irrigation of a neighbour", "irrigations entered for other parcels", _of_neighbours),
    of_events("irrigation lost", "no irrigation of the season arrived", each(lambda _: [])),
    of_events("irrigation three days late", "the meter's clock three days slow", each(_moved(-72.0))),
    of_events("dripping meter", "6 mm a day for a fortnight that never flowed", _dripping),
    *PHOTO_FAMILIES,
)
