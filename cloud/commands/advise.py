"""``seguia advise``: when and how much to irrigate, judged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cloud.commands.console import finish, tell
from cloud.commands.day_inputs import (
    DayFiles,
    Desk,
    DetectionsOption,
    EventsOption,
    ForecastOption,
    ModelsOption,
    ObservationsOption,
    ParcelsOption,
    PricesOption,
    PumpsOption,
    QuotaOption,
    StateOption,
    TurnsOption,
    WeatherOption,
    keep_state,
    parse_day,
    read_day,
)
from cloud.commands.et0 import ElevationOption, LatitudeOption, LongitudeOption, OutOption, WindHeightOption

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from cloud.records import Parcel

_ENOUGH_FOR_THE_JUDGE_DAYS: Final = 90

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command()
def advise(  # noqa: PLR0913, PLR0917 -- one argument per option of the contract
    day: Annotated[str, typer.Option("--day", help="Local day of the advice, like 2026-05-14.")],
    parcels: ParcelsOption,
    weather: WeatherOption,
    forecast: ForecastOption = None,
    events: EventsOption = None,
    observations: ObservationsOption = None,
    detections: DetectionsOption = None,
    turns: TurnsOption = None,
    quota: QuotaOption = None,
    pumps: PumpsOption = None,
    prices: PricesOption = None,
    state: StateOption = None,
    state_out: Annotated[
        Path | None,
        typer.Option("--state-out", help="Write the water of the last known day, for --state of a later one."),
    ] = None,
    models: ModelsOption = None,
    unjudged: Annotated[  # noqa: FBT002 -- a flag of the command line
        bool, typer.Option("--unjudged", help="Bare recommendations, not to be spoken.")
    ] = False,
    latitude: LatitudeOption = None,
    longitude: LongitudeOption = None,
    elevation: ElevationOption = None,
    wind_height: WindHeightOption = None,
    out: OutOption = None,
) -> None:
    """One verdict per parcel and line: irrigate, wait or hold, with dose, start, reasons and the judge's checks.

    Weather after the day is never used. A parcel that cannot be advised is held and named; the others are advised.
    With --state, water goes on from an earlier day, with all that had been learned until then.

    Example: seguia advise --day 2026-05-14 --parcels farm.geojson --weather past.csv --forecast ahead.csv --out V.jsonl
    """
    from cloud.adapters.files.lines import write_lines  # noqa: PLC0415 -- heavy; --help must be instant

    desk = Desk()
    files = DayFiles(
        parcels=parcels,
        weather=weather,
        forecast=forecast,
        events=events,
        observations=observations,
        detections=detections,
        turns=turns,
        quota=quota,
        pumps=pumps,
        prices=prices,
        state=state,
        models=models,
        latitude=latitude,
        longitude=longitude,
        elevation_m=elevation,
        wind_height_m=wind_height,
    )
    inputs = read_day(parse_day(day), files, desk)
    from cloud.daily import decide  # noqa: PLC0415 -- as above

    if state is not None:
        begins = inputs.weather["time"].values[0].astype("datetime64[D]").item()
        desk.notes += late_for_the_judge(inputs.parcels, begins, inputs.day)
    decision = decide(inputs)
    write_lines(out, decision.recommendations if unjudged else decision.verdicts)
    if state_out is not None:
        desk.problems += keep_state(state_out, decision.history, inputs.parcels, seed=inputs.seed)
    tell("advise", [*desk.notes, *decision.notes])
    finish("advise", [*desk.problems, *decision.problems])


def late_for_the_judge(parcels: Sequence[Parcel], begins: date, day: date) -> list[str]:
    """One line where the weather begins after planting and lately: the judge has no state to go on from, or none."""
    late = [one.id for one in parcels if one.planted_on is not None and one.planted_on < begins <= day]
    if not late or (day - begins).days >= _ENOUGH_FOR_THE_JUDGE_DAYS:
        return []
    whose = f"parcel {late[0]}" if len(late) == 1 else f"{len(late)} parcels"
    return [
        (
            f"weather begins on {begins}, after {whose} was planted: give the weather of the whole season; the judge"
            " looks at it by itself, not at the state"
        )
    ]
