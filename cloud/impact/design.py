"""The design of a trial: who is compared with whom, over which seasons, and by which rules, all fixed beforehand."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cloud.records import Record

Kind = Literal["stepped", "pairs", "observed"]
BlockName = Literal["group", "farm", "pair", "parcel"]
SeasonName = Annotated[str, Field(pattern=r"^[\w.-]{1,20}$")]
Percent = Annotated[float, Field(gt=0.0, lt=100.0)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


class Variance(Record):
    """Scatter of the adjusted use between seasons, on the logarithm [-]; replaced by that of past metering."""

    parcel_season_sigma: Annotated[float, Field(gt=0.0, le=2.0)] = 0.25
    """Of one parcel in one season around its own mean; assumed, not measured."""
    block_season_sigma: Annotated[float, Field(ge=0.0, le=2.0)] = 0.08
    """Of all parcels of a block in one season; assumed, not measured."""
    season_correlation: Annotated[float, Field(ge=0.0, lt=0.9)] = 0.3
    """Of one parcel's neighbouring seasons; assumed. Two seasons in a row hide that part of the scatter."""
    yield_sigma: Annotated[float, Field(gt=0.0, le=2.0)] = 0.12
    """Of the yield of one parcel in one season around its own mean; assumed, not measured."""
    yield_block_sigma: Annotated[float, Field(ge=0.0, le=2.0)] = 0.03
    """Of the yields of all parcels of a block in one season; assumed, not measured."""


class Design(Record):
    """What is written down before the first season of advice; defaults are those of the protocol."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    kind: Kind = "stepped"
    """stepped: blocks start one after another in random order; pairs: one of each matched pair is advised at random;
    observed: nobody was drawn, the advised chose themselves."""
    baseline_seasons: Annotated[tuple[SeasonName, ...], Field(min_length=1)]
    """Seasons before anybody was advised, in order."""
    trial_seasons: Annotated[tuple[SeasonName, ...], Field(min_length=1)]
    """Seasons after, in order."""
    block: BlockName = "group"
    """What is drawn and resampled whole: canal group, farm, pair or parcel."""
    seed: Annotated[int, Field(ge=0)] = 0
    crops: tuple[str, ...] = ()
    """Only these crops count; empty: all."""
    exclude: tuple[str, ...] = ()
    """Parcels left out, by id, named before the trial."""
    expected_saving_percent: Percent = 15.0
    power: Annotated[float, Field(ge=0.5, lt=1.0)] = 0.8
    confidence: Annotated[float, Field(ge=0.8, lt=1.0)] = 0.95
    yield_margin_percent: Percent = 2.0
    """Yield loss that must be excluded."""
    most_gap_fraction: Share = 0.25
    """Share of a season that the meter may have missed before the parcel-season is left out."""
    most_attrition_difference: Share = 0.10
    """Difference in lost parcel-seasons between advised and others above which nothing is proven."""
    most_mm_per_day: Annotated[float, Field(gt=0.0, le=200.0)] = 25.0
    """Mean of what a parcel can take in a day over weeks; a meter that says more is not believed."""
    buffer_m: Annotated[float, Field(ge=0.0, le=20_000.0)] = 0.0
    """Parcels nearer than this to an advised one of another block serve no comparison: advice is passed on."""
    least_comparison_blocks: Annotated[int, Field(ge=1)] = 2
    """Blocks not yet advised that a crop needs in a season before it is compared."""
    resamples: Annotated[int, Field(ge=99, le=100_000)] = 1999
    variance: Variance = Variance()

    @model_validator(mode="after")
    def _seasons_differ(self) -> Self:
        if len(set(self.seasons)) != len(self.seasons):
            raise ValueError(f"baseline_seasons and trial_seasons must name each season once, got {self.seasons}")
        if self.kind == "stepped" and self.block == "pair":
            raise ValueError("block pair belongs to kind pairs; a stepped start draws groups, farms or parcels")
        return self

    @property
    def seasons(self) -> tuple[str, ...]:
        """All seasons in order."""
        return (*self.baseline_seasons, *self.trial_seasons)

    @property
    def randomised(self) -> bool:
        """Whether chance decided who is advised from when."""
        return self.kind != "observed"


class Assigned(Record):
    """One parcel's place in the trial."""

    parcel_id: str
    block: str
    starts: str | None
    """First season with advice; null: not within the trial."""
    pair: str | None = None
