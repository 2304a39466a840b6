"""``seguia judge``: an independent check of advice."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer.core import TyperGroup

from cloud.commands.console import finish, tell
from cloud.commands.day_inputs import (
    DayFiles,
    Desk,
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
    parse_day,
    read_day,
)
from cloud.commands.et0 import ElevationOption, LatitudeOption, LongitudeOption, OutOption, WindHeightOption
from cloud.errors import InputError

if TYPE_CHECKING:
    from cloud.judge.novelty import Novelty
    from cloud.records import Recommendation, Verdict

JUDGE: Final = "of"
"""Name under which the command itself stands beside ``learn``; nobody needs to write it."""


class JudgeGroup(TyperGroup):
    """``seguia judge R.jsonl ...`` judges; ``seguia judge learn ...`` learns from what was judged."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 -- typer's own signature
        """Whatever is not a command is an argument of the one that judges."""
        return list(super().parse_args(ctx, args if args[:1] == ["learn"] else [JUDGE, *args]))


app = typer.Typer(cls=JudgeGroup, rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
NoveltyOption = Annotated[
    Path | None,
    typer.Option("--novelty", help="What was learned from released advice, see: seguia judge learn --help."),
]


@app.command(name=JUDGE)
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
    novelty: NoveltyOption = None,
    latitude: LatitudeOption = None,
    longitude: LongitudeOption = None,
    elevation: ElevationOption = None,
    wind_height: WindHeightOption = None,
    out: OutOption = None,
) -> None:
    """One verdict per recommendation: released, shrunk, held for a person or blocked, with every check.

    The judge reads the weather itself and uses other formulas than the advisor. Of a verdict its proposal is judged
    again. With --novelty, advice unlike all that was released before is held too. Prices are not asked for: they move
    the choice between depths that all are possible, and no limit of the judge depends on them.

    Example: seguia judge R.jsonl --parcels farm.geojson --weather past.csv --forecast ahead.csv --out V.jsonl
    """
    from cloud.adapters.files.lines import (  # noqa: PLC0415 -- heavy; --help must be instant
        read_recommendations_or_verdicts,
        write_lines,
    )
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
    learned = None if novelty is None else read_novelty(novelty)
    verdicts = judge_all(proposed, judge_inputs(inputs, learned))
    write_lines(out, verdicts)
    if state is not None:
        desk.notes.append(
            f"{state.name}: the judge derives the water itself, by other means; the state changes nothing"
        )
    tell("judge", desk.notes)
    finish("judge", desk.problems)


@app.command()
def learn(
    history: Annotated[Path, typer.Argument(help="Verdicts released before, JSON Lines.")],
    parcels: ParcelsOption,
    out: Annotated[Path, typer.Option("--out", help="File to write.")],
) -> None:
    """Learn what released advice is like, so that what is unlike it can be held: seguia judge ... --novelty FILE.

    Only released and shrunk verdicts are learned from, the same advice counted once, at least 200 of
    irrigations or of waits. Learn again when the
    policy of the advice changed, or a new crop or season came; prints what was learned as one JSON object.

    Example: seguia judge learn V.jsonl --parcels farm.geojson --out novelty.skops
    """
    from cloud.adapters.files.lines import read_recommendations_or_verdicts  # noqa: PLC0415 -- as above
    from cloud.adapters.files.parcels import read_parcels  # noqa: PLC0415 -- as above
    from cloud.judge.novelty import learn as learn_from  # noqa: PLC0415 -- as above
    from cloud.judge.novelty_file import dumps  # noqa: PLC0415 -- as above
    from cloud.records import Verdict  # noqa: PLC0415 -- as above

    desk = Desk()
    records = desk.take(read_recommendations_or_verdicts(history))
    verdicts = [record for record in records if isinstance(record, Verdict)]
    novelty = learn_from(verdicts, desk.take(read_parcels(parcels)))
    out.write_bytes(dumps(novelty))
    learned = {kind: {"released": one.seen, "groups": len(one.own)} for kind, one in novelty.kinds.items()}
    typer.echo(json.dumps({"out": str(out), "last_day": novelty.last_day, "learned": learned}))
    finish("judge learn", desk.problems)


def read_novelty(path: Path) -> Novelty:
    """What a file of learned advice holds; InputError where it cannot be read or is of another kind."""
    from cloud.judge.novelty_file import loads  # noqa: PLC0415 -- heavy; --help must be instant

    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: expected a file made by: seguia judge learn, got {error.strerror}") from error
    return loads(content, path.name)


def proposals(records: tuple[Recommendation | Verdict, ...], day: date | None) -> tuple[Recommendation, ...]:
    """The recommendations themselves, of one day when it is given."""
    from cloud.records import Verdict  # noqa: PLC0415 -- heavy; --help must be instant

    bare = (record.proposed if isinstance(record, Verdict) else record for record in records)
    return tuple(one for one in bare if day is None or one.day == day)
