"""Who saw a person's data."""

from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, Field

from cloud.records import Identifier, Record

EVERYBODY: Final = "*"
"""In the place of a person: a list of all."""

Seen = Literal["list", "show", "reveal", "export", "thread"]


class Look(Record):
    """One look at a person's data: ``show`` and ``list`` mask the number and the name, the others do not."""

    farmer_id: Identifier
    what: Seen
    by: Annotated[str, Field(min_length=1, max_length=120)]
    at: AwareDatetime
