"""What a page may send: frozen records, and nothing that is not expected."""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from edge.care import Chore
from edge.commissioning.keeping import Side
from edge.commissioning.steps import Step
from edge.settings.installer import Language

Place = Annotated[float, Field(ge=0.0, le=1.0)]
Point = tuple[Place, Place]
CameraNumber = Annotated[int, Field(ge=0, le=79)]


class Order(BaseModel):
    """Anything the page sends."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Enter(Order):
    """The code at the door."""

    code: Annotated[str, Field(max_length=40)]


class Speak(Order):
    """An order whose answer is in a language."""

    language: Language = "en"


class Look(Speak):
    """Look at a step."""

    step: Step
    camera: CameraNumber = 0
    telephone_at: AwareDatetime | None = None


class Take(Order):
    """Take a picture."""

    camera: CameraNumber = 0


class Outline(Speak):
    """The parcel's corners in the picture, clockwise from the top left, and its sides."""

    camera: CameraNumber = 0
    corners: tuple[Point, Point, Point, Point]
    width_m: Annotated[float, Field(gt=0, le=10_000)]
    depth_m: Annotated[float, Field(gt=0, le=10_000)]
    rows_from: Side | None = None


class References(Speak):
    """Where a wet and a dry reference hang in the picture."""

    camera: CameraNumber = 0
    wet: Point
    dry: Point


class Ticked(Order):
    """A chore that was done today."""

    chore: Chore
