"""The first message: who writes, and how to make it stop; once to each person who agreed."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

import typer

from cloud.commands.cloud_site import ConfigOption, DataOption
from cloud.commands.console import finish
from cloud.commands.farmer_office import COMMAND, Office, office
from cloud.errors import CloudError

VALID_FOR: Final = timedelta(days=7)
_NO_VERDICT: Final = ""


def welcome(data: DataOption = None, config: ConfigOption = None) -> None:
    """Queue the first message to everybody who agreed and has not had it: who writes, and how to make it stop.

    Who is enrolled one by one gets it at once; this is for those who came in a file.

    Example: seguia cloud farmer welcome --data /var/lib/seguia
    """
    with office(data, config) as opened:
        queued, problems = welcome_all(opened, sorted(opened.store.consented(opened.now)))
    typer.echo(f"welcomed: {queued}")
    finish(COMMAND, problems)


def welcome_all(opened: Office, farmer_ids: Iterable[str]) -> tuple[int, list[str]]:
    """Queue the first message to people who have a parcel and have not had it; how many, and who cannot be told."""
    from cloud.commands.voice import voice_of  # noqa: PLC0415 -- heavy; --help must be instant
    from cloud.speech.facts import Welcome  # noqa: PLC0415 -- as above
    from cloud.speech.notices import speak  # noqa: PLC0415 -- as above

    store, voice = opened.store, voice_of(opened.config)
    had = store.people_told("welcome")
    parcels = {one.id: one for one in store.parcels()}
    first = {
        one.farmer_id: (parcels[parcel], one.language)
        for parcel, some in sorted(store.recipients(opened.now.date()).items(), reverse=True)
        for one in some
    }
    queued, problems = 0, []
    for farmer_id in farmer_ids:
        if farmer_id in had or farmer_id not in first:
            continue
        parcel, language = first[farmer_id]
        day = opened.now.astimezone(ZoneInfo(parcel.timezone)).date()
        facts = Welcome(
            parcel_id=parcel.id,
            parcel_name=parcel.label,
            day=day,
            timezone=parcel.timezone,
            phone=opened.config.notices.phone_number,
        )
        try:
            message = speak(
                facts, language=language, farmer_id=farmer_id, valid_until=opened.now + VALID_FOR, voice=voice
            )
            store.queue_message(message, verdict_digest=_NO_VERDICT, now=opened.now)
        except CloudError as error:
            problems.append(f"farmer {farmer_id}: {error}")
        else:
            queued += 1
    return queued, problems
