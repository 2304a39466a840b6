"""How long an operator keeps what people wrote."""

from pydantic import Field

from cloud.config_section import Section


class PeopleConfig(Section):
    """What the law of the land asks of an installation that knows people."""

    keep_days: int = Field(default=400, ge=31, le=3660)
    """Texts that people sent are made unreadable after so long, by whole months; a season and the year before it."""
    controller: str | None = Field(default=None, max_length=200)
    """Who answers for the data, as the declaration names them."""
    contact: str | None = Field(default=None, max_length=200)
    """Where people turn to see, correct or erase what is kept of them."""
    carriers_at_home: tuple[str, ...] = ()
    """Carriers of which somebody made sure that they keep numbers and texts in the country, such as an aggregator."""
    declaration: str | None = Field(default=None, max_length=80)
    """Number of the receipt of the data protection authority."""
