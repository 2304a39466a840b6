"""What a decision about held advice is made with: the operator's rules, and the judge asked a second time."""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from cloud.adapters.files.tables import read_pumps, read_quotas, read_turns
from cloud.adapters.store.store import Store
from cloud.advice.inputs import issue_day
from cloud.commands.day_inputs import Desk
from cloud.commands.voice import voice_of
from cloud.commands.weather_memory import weather_of_the_night
from cloud.config import CloudConfig
from cloud.errors import ConfigurationError
from cloud.judge.judge import JudgeInputs, judge
from cloud.records import Quota, Recommendation, Verdict
from cloud.renewal import sharing_water
from cloud.review.desk import Office
from cloud.review.eyes import ReviewRules
from cloud.review.redose import WaterTables


@contextmanager
def alone(config: CloudConfig) -> Iterator[None]:
    """One decision after the other, in all processes of an installation: two at once would share out water twice."""
    path = config.keys_file
    try:
        # A file that whoever decides can open; its content is not touched.
        handle = os.open(path, os.O_RDWR if os.access(path, os.W_OK) else os.O_RDONLY)
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be opened ({error.strerror}); restore it") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def office_of(store: Store, config: CloudConfig, *, now: datetime) -> Office:
    """The office of an installation; its weather is read only when a dose is decided."""
    desk, limits = Desk(), config.constraints
    water = WaterTables(
        turns=desk.optional(limits.turns_path, read_turns), pumps=desk.optional(limits.pumps_path, read_pumps)
    )
    quotas = desk.optional(limits.quota_path, read_quotas)
    look = _SecondLook(store=store, config=config, now=now, water=water, quotas=quotas)
    return Office(
        rules=rules_of(config),
        now=now,
        second_look=look.verdicts,
        water=water,
        voice=voice_of(config),
    )


def rules_of(config: CloudConfig) -> ReviewRules:
    """The operator's rules of the review."""
    review = config.review
    return ReviewRules(
        four_eyes=review.four_eyes, four_eyes_above_mm=review.four_eyes_above_mm, reviewers=review.reviewers
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _SecondLook:
    store: Store
    config: CloudConfig
    now: datetime
    water: WaterTables
    quotas: tuple[Quota, ...]
    known: dict[date, JudgeInputs] = field(default_factory=dict)
    """Inputs of all parcels, by day: the weather is read once, however many parcels are decided."""

    def verdicts(self, candidates: Sequence[Recommendation], told: Sequence[Recommendation]) -> tuple[Verdict, ...]:
        """The judge's word on candidates of one day, as of now, beside what else is told to those who share water."""
        every = self._inputs(candidates[0].day)
        concerned = sharing_water({one.parcel_id for one in candidates}, every.parcels)
        wanted = {one.id for one in concerned}
        inputs = replace(
            every, parcels=concerned, events=tuple(event for event in every.events if event.parcel_id in wanted)
        )
        beside = [one for one in told if one.parcel_id in wanted]
        return judge([*beside, *candidates], inputs)[len(beside) :]

    def _inputs(self, day: date) -> JudgeInputs:
        if day not in self.known:
            past_path = self.config.weather.past_path
            if past_path is None:
                raise ConfigurationError(
                    "weather.past_path: expected the file of past weather, got none; name it there"
                )
            parcels = self.store.parcels()
            weather = weather_of_the_night(self.config, past_path, parcels, day, self.now, Desk())
            limits = self.store.judge_limits()
            self.known[day] = JudgeInputs(
                parcels=parcels,
                weather=weather.weather,
                forecast=weather.forecast,
                forecast_issued_on=issue_day(weather.forecast),
                events=self.store.events(),
                turns=self.water.turns,
                quotas=self.quotas,
                pumps=self.water.pumps,
                limits={} if limits is None else limits.factors,
            )
        return self.known[day]
