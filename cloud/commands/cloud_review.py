"""``seguia cloud review``: what the judge withheld, shown by risk, and decided by people."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cloud.commands.cloud_site import ConfigOption, DataOption, clock_of, configuration, open_store
from cloud.commands.console import finish, shown, tell
from cloud.commands.review_learn import learn
from cloud.config import Secrets
from cloud.errors import InputError
from cloud.review.order import Order
from cloud.review.proof import digest_of

if TYPE_CHECKING:
    from cloud.review.word import Act

COMMAND = "cloud review"
SECRET_BYTES = 24
app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
app.command()(learn)

CardArgument = Annotated[str, typer.Argument(metavar="CARD", help="Id of a card, or how it begins.")]
ByOption = Annotated[
    str, typer.Option("--by", help="Who decides; kept encrypted. Where reviewers have secrets, the secret says it.")
]
WhyOption = Annotated[str, typer.Option("--why", help="What was seen, in a sentence, without telephone numbers.")]
OnlyOption = Annotated[list[str] | None, typer.Option("--parcel", help="Only this parcel of the card; repeatable.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line, for other programs.")]


@app.callback()
def review() -> None:
    """What the judge withheld: looked at by people, decided once, and kept in the ledger."""


@app.command()
def token() -> None:
    """Draw a secret for one reviewer: shown once, with the digest that the configuration keeps of it.

    Example: seguia cloud review token
    """
    drawn = secrets.token_urlsafe(SECRET_BYTES)
    typer.echo(drawn)
    typer.echo(f'[review.token_sha256]\n"NAME" = "{digest_of(drawn)}"', err=True)


@app.command("list")
def list_cards(data: DataOption = None, config: ConfigOption = None, *, as_json: JsonOption = False) -> None:
    """Cards that wait for a person, the greatest loss first; those that nobody decided in time last.

    Example: seguia cloud review list --data /var/lib/seguia
    """
    from cloud.review.telling import line_of, object_of  # noqa: PLC0415 -- heavy; --help must be instant
    from cloud.review.waiting import waiting  # noqa: PLC0415 -- as above

    settings = configuration(data, config)
    with open_store(settings) as store:
        cards = waiting(store, clock_of(settings)())
    for queued in cards:
        typer.echo(json.dumps(object_of(queued), ensure_ascii=False) if as_json else shown(line_of(queued)))
    if not cards and not as_json:
        typer.echo("nothing waits for a person")


@app.command()
def show(card: CardArgument, data: DataOption = None, config: ConfigOption = None) -> None:
    """Everything about one card: each parcel, the failed checks with their limits, and what people said.

    Example: seguia cloud review show 3fa2c1 --data /var/lib/seguia
    """
    from cloud.review.telling import lines_of  # noqa: PLC0415 -- heavy; --help must be instant
    from cloud.review.waiting import card_named, first_day, waiting  # noqa: PLC0415 -- as above

    settings = configuration(data, config)
    now = clock_of(settings)()
    with open_store(settings) as store:
        queued = card_named(waiting(store, now), card)
        words = store.words(first_day(now))
    for line in lines_of(queued, words):
        typer.echo(shown(line))


@app.command()
def approve(
    card: CardArgument,
    by: ByOption,
    why: WhyOption,
    parcel: OnlyOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Release what the advisor proposed for the parcels of a card; the farmers are told.

    Example: seguia cloud review approve 3fa2c1 --by Amina --why "soil is dry at 30 cm" --data /var/lib/seguia
    """
    _on_card("approve", card, (by, why), parcel, (data, config))


@app.command()
def hold(
    card: CardArgument,
    by: ByOption,
    why: WhyOption,
    parcel: OnlyOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Keep the parcels of a card held, and say that somebody is looking; they still expire.

    Example: seguia cloud review hold 3fa2c1 --by Amina --why "asking the farmer" --data /var/lib/seguia
    """
    _on_card("hold", card, (by, why), parcel, (data, config))


@app.command()
def reject(
    card: CardArgument,
    by: ByOption,
    why: WhyOption,
    parcel: OnlyOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Agree with the judge: nothing is released for the parcels of a card that day.

    Example: seguia cloud review reject 3fa2c1 --by Amina --why "the station is broken" --data /var/lib/seguia
    """
    _on_card("reject", card, (by, why), parcel, (data, config))


@app.command()
def override(  # noqa: PLR0913 -- options of a command
    parcel: Annotated[str, typer.Argument(metavar="PARCEL", help="Id of a parcel.")],
    depth: Annotated[float, typer.Option("--depth", help="Gross dose in mm; 0 to wait.")],
    by: ByOption,
    why: WhyOption,
    *,
    start: Annotated[
        datetime | None,
        typer.Option("--start", formats=["%Y-%m-%dT%H:%M"], help="Start on the parcel's own clock; else as proposed."),
    ] = None,
    correct: Annotated[bool, typer.Option("--correct", help="In the place of what a person decided before.")] = False,
    day: Annotated[
        datetime | None, typer.Option("--day", formats=["%Y-%m-%d"], help="Day of the advice; default the latest.")
    ] = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Give a parcel another dose than was proposed, within what the judge allows anybody; the farmer is told.

    Example: seguia cloud review override P12 --depth 20 --by Amina --why "sandy corner" --data /var/lib/seguia
    """
    order = Order(
        act="override",
        parcel_ids=(parcel,),
        by=by,
        why=why,
        day=None if day is None else day.date(),
        depth_mm=depth,
        starts_at=start,
        correct=correct,
    )
    _carry_out(order, (data, config))


def _on_card(
    act: Act, card: str, signed: tuple[str, str], only: list[str] | None, site: tuple[DataOption, ConfigOption]
) -> None:
    from cloud.review.waiting import card_named, waiting  # noqa: PLC0415 -- as above

    settings = configuration(*site)
    with open_store(settings) as store:
        queued = card_named(waiting(store, clock_of(settings)()), card).card
    strangers = [one for one in only or () if one not in queued.parcels]
    if strangers:
        raise InputError(f"card {card}: expected parcels of this card, got {', '.join(strangers)}; see: review show")
    _carry_out(
        Order(
            act=act,
            parcel_ids=tuple(only or queued.parcels),
            by=signed[0],
            why=signed[1],
            day=queued.day,
        ),
        site,
    )


def _carry_out(order: Order, site: tuple[DataOption, ConfigOption]) -> None:
    from cloud.commands.review_office import alone, office_of  # noqa: PLC0415 -- heavy; --help must be instant
    from cloud.review.desk import decide  # noqa: PLC0415 -- as above
    from cloud.review.telling import decided_line  # noqa: PLC0415 -- as above

    settings = configuration(*site)
    order = replace(order, by=Secrets(settings).reviewer(order.by))
    with alone(settings), open_store(settings) as store:
        outcome = decide(store, order, office_of(store, settings, now=clock_of(settings)()))
    for decided in outcome.decided:
        typer.echo(shown(decided_line(decided)))
    tell(COMMAND, outcome.notes)
    finish(COMMAND, outcome.problems)
