"""How an installation looks again at the advice of some parcels: its files read once as long as they do not change."""

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from cloud.adapters.files.tables import read_pumps, read_quotas, read_turns
from cloud.adapters.store.store import Store
from cloud.agronomy.engines.engine_name import engine_named
from cloud.attending import Looked
from cloud.commands.cloud_nightly import states_of
from cloud.commands.day_inputs import Desk, code_version
from cloud.commands.review_office import alone
from cloud.commands.voice import voice_of
from cloud.commands.weather_memory import WeatherOfTheNight, weather_of_the_night
from cloud.config import CloudConfig
from cloud.errors import ConfigurationError
from cloud.nightly import NightInputs
from cloud.records import CanalTurn, InputReference
from cloud.renewal import renew

Mark = tuple[tuple[str, int, int], ...]
"""Name, time of the last change and size of files."""


@dataclass(slots=True)
class Renewer:
    """Decides a day again for some parcels of an installation."""

    store: Store
    config: CloudConfig
    _weather: dict[tuple[date, Mark], tuple[WeatherOfTheNight, tuple[InputReference, ...]]] = field(
        default_factory=dict
    )
    _turns: dict[Mark, tuple[CanalTurn, ...]] = field(default_factory=dict)

    def turns(self) -> tuple[CanalTurn, ...]:
        """Turns as the table has them."""
        path = self.config.constraints.turns_path
        mark = _mark(path)
        if mark not in self._turns:
            self._turns = {mark: Desk().optional(path, read_turns)}
        return self._turns[mark]

    def look_again(
        self, day: date, parcel_ids: Collection[str], given: Collection[str], now: datetime
    ) -> Mapping[str, Looked]:
        """What looking again at some parcels came to."""
        # As with decisions of people: two at once would share out water twice.
        with alone(self.config):
            found = renew(self.store, self._inputs(day, now), parcel_ids, given).renewed
        return {
            parcel_id: Looked(
                result=one.result,
                verdict_digest=one.verdict.digest(),
                corrected=len(one.told.messages),
                problems=tuple(one.told.problems),
            )
            for parcel_id, one in found.items()
        }

    def _inputs(self, day: date, now: datetime) -> NightInputs:
        config, desk = self.config, Desk()
        limits, widened = config.constraints, self.store.judge_limits()
        known, references = self._known(day, now)
        if widened is not None:
            name = f"limits of the judge, version {widened.version}"
            references = (*references, InputReference(name=name, sha256=widened.digest()))
        quotas = desk.optional(limits.quota_path, read_quotas)
        pumps = desk.optional(limits.pumps_path, read_pumps)
        return NightInputs(
            day=day,
            now=now,
            weather=known.weather,
            forecast=known.forecast,
            code_version=code_version(),
            turns=self.turns(),
            quotas=quotas,
            pumps=pumps,
            references=(*references, *desk.references),
            voice=voice_of(config),
            limits={} if widened is None else widened.factors,
            prices=config.prices,
            engine=engine_named(os.environ, config.water.engine),
            states=states_of(config),
        )

    def _known(self, day: date, now: datetime) -> tuple[WeatherOfTheNight, tuple[InputReference, ...]]:
        weather = self.config.weather
        if weather.past_path is None:
            raise ConfigurationError("weather.past_path: expected the file of past weather, got none; name it there")
        mark = day, (*_mark(weather.past_path), *_mark(weather.forecast_path))
        if mark not in self._weather:
            desk = Desk()
            known = weather_of_the_night(self.config, weather.past_path, self.store.parcels(), day, now, desk)
            # One day's weather at a time: an installation may run for months.
            self._weather = {mark: (known, tuple(desk.references))}
        return self._weather[mark]


def _mark(path: Path | None) -> Mark:
    """By what a file is known not to have changed; one that is not there is known by its name."""
    if path is None:
        return ()
    try:
        found = path.stat()
    except OSError:
        return ((str(path), 0, 0),)
    return ((str(path), found.st_mtime_ns, found.st_size),)
