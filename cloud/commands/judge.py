"""``seguia judge``: an independent check of advice."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cloud.commands.day_inputs import (
    DetectionsOption,
    EventsOption,
    ForecastOption,
    HistoryOption,
    ModelsOption,
    ObservationsOption,
    ParcelsOption,
    PumpsOption,
    QuotaOption,
    StateOption,
    TurnsOption,
    WeatherOption,
)
from cloud.commands.et0 import ElevationOption, LatitudeOption, LongitudeOption, OutOption, WindHeightOption
from cloud.errors import InputError

if TYPE_CHECKING:
    from cloud.records import Recommendation, Verdict

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command()
def judge(  # noqa: PLR0913, PLR0917 -- one argument per option of the contract
    advice: Annotated[Path, typer.Argument(help="Recommendations or verdicts, JSON Lines.")],
    parcels: ParcelsOption,
    weather: WeatherOption,
    day: Annotated[str | None, typer.Option("--day", help="Only advice of this day; else the day each names.")] = None,
    forecast: ForecastOption = None,
    events: EventsOption = None,
    observations: ObservationsOption = None,
    detections: DetectionsOption = None,
    turns: TurnsOption = None,
    quota: QuotaOption = None,
    pumps: PumpsOption = None,
    state: StateOption = None,
    models: ModelsOption = None,
    history: HistoryOption = None,
    latitude: LatitudeOption = None,
    longitude: LongitudeOption = None,
    elevation: ElevationOption = None,
    wind_height: WindHeightOption = None,
    out: OutOption = None,
) -> None:
    """One verdict per recommendation: released, shrunk, held for a person or blocked, with every check.

    The judge reads the weather itself and uses other formulas than the advisor. Of a verdict its proposal is judged
    again.

    Example: seguia judge R.jsonl --parcels farm.geojson --weather past.csv --forecast ahead.csv --out V.jsonl
    """
    from cloud.adapters.files.lines import (  # noqa: PLC0415 -- heavy; --help must be instant
        read_recommendations_or_verdicts,
        write_lines,
    )
    from cloud.commands.console import finish, tell  # noqa: PLC0415 -- as above
    from cloud.commands.day_inputs import DayFiles, Desk, parse_day, read_day  # noqa: PLC0415 -- as above
    from cloud.daily import judge_inputs  # noqa: PLC0415 -- as above
    from cloud.judge.judge import judge as judge_all  # noqa: PLC0415 -- as above

    desk = Desk()
    proposed = proposals(desk.take(read_recommendations_or_verdicts(advice)), None if day is None else parse_day(day))
    if not proposed:
        raise InputError(f"{advice}: expected at least one recommendation{f' of {day}' if day else ''}, got none")
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
        state=state,
        models=models,
        history=history,
        latitude=latitude,
        longitude=longitude,
        elevation_m=elevation,
        wind_height_m=wind_height,
    )
    inputs = read_day(max(one.day for one in proposed), files, desk)
    verdicts = judge_all(proposed, judge_inputs(inputs))
    write_lines(out, verdicts)
    if state is not None:
        desk.notes.append(
            f"{state.name}: the judge derives the water itself, by other means; the state changes nothing"
        )
    tell("judge", desk.notes)
    finish("judge", desk.problems)


def proposals(records: tuple[Recommendation | Verdict, ...], day: date | None) -> tuple[Recommendation, ...]:
    """The recommendations themselves, of one day when it is given."""
    from cloud.records import Verdict  # noqa: PLC0415 -- heavy; --help must be instant

    bare = (record.proposed if isinstance(record, Verdict) else record for record in records)
    return tuple(one for one in bare if day is None or one.day == day)
