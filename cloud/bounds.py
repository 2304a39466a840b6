"""What a field, a crop and a calendar can be: wider than any farm, and narrow enough for every sum to stay a number."""

from datetime import date
from typing import Annotated, Final, Literal, TypeVar

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2200

D = TypeVar("D", bound=date)


def is_of_our_time(day: date) -> bool:
    """Whether a day or a moment lies in the years that a record may name."""
    return FIRST_YEAR <= day.year <= LAST_YEAR


def _of_our_time(day: D) -> D:
    if not is_of_our_time(day):
        raise ValueError(f"expected a year from {FIRST_YEAR} to {LAST_YEAR}")
    return day


Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
"""A share, 0 to 1."""
Positive = Annotated[float, Field(gt=0.0)]
NonNegative = Annotated[float, Field(ge=0.0)]
Edition = Annotated[
    Literal["1998", "2025"], BeforeValidator(lambda given: str(given) if isinstance(given, int) else given)
]
"""Which FAO-56 a crop's parameters come from; a table may write the year as a number."""
Day = Annotated[date, AfterValidator(_of_our_time)]
"""A local day of these centuries."""
Moment = Annotated[AwareDatetime, AfterValidator(_of_our_time)]
"""A moment of these centuries, so that every time zone has a date for it."""
Cuttings = Annotated[tuple[Day, ...], Field(max_length=40)]
"""Days of a forage's cuttings: ten a year for four years."""
PlantedYear = Annotated[int, Field(ge=1000, le=LAST_YEAR)]
"""Year in which trees were planted; some olives are older than our calendars."""
StageDays = Annotated[int, Field(ge=0, le=1000)]
"""Length of one stage of a crop [d]."""
Depth = Annotated[float, Field(ge=0.005, le=50.0)]
"""Depth in the soil [m]."""
RootDepth = Annotated[float, Field(ge=0.005, le=15.0)]
"""Depth of roots [m]."""
Spacing = Annotated[float, Field(ge=0.02, le=100.0)]
"""Distance between plants or rows [m]."""
Height = Annotated[float, Field(gt=0.0, le=100.0)]
"""Height of a plant [m]."""
Coefficient = Annotated[float, Field(ge=0.0, le=3.0)]
"""Crop coefficient [-]."""
Share = Annotated[float, Field(ge=0.005, le=1.0)]
"""A share that something is divided by [-]."""
Area = Annotated[float, Field(ge=1e-5, le=1e6)]
"""Area of a parcel [ha]."""
Flow = Annotated[float, Field(ge=1e-3, le=1e6)]
"""Flow of water [m3/h, or l/h of an emitter]."""
FlowOrNone = Annotated[float, Field(ge=0.0, le=1e6)]
"""Flow of a pump, 0 while it stands still [m3/h]."""
Emitters = Annotated[float, Field(ge=0.1, le=1e7)]
"""Emitters on a hectare."""
Water = Annotated[float, Field(ge=0.0, le=5000.0)]
"""Depth of water [mm]."""
SomeWater = Annotated[float, Field(ge=0.01, le=5000.0)]
"""Depth of water that is some [mm]."""
Salinity = Annotated[float, Field(ge=0.0, le=200.0)]
"""Electrical conductivity of water [dS/m]; the sea has 50."""
