"""What an operator finds worth a notice beside the day's advice."""

from datetime import timedelta

from pydantic import Field

from cloud.config_section import Section
from cloud.noticing import NoticeRules


class NoticesConfig(Section):
    """Thresholds of notices; the defaults are judgement, and a district's own experience is better."""

    heat_c: float = Field(default=42.0, ge=30.0, le=55.0)
    """Highest temperature of a forecast day from which great heat is announced."""
    silent_days: int = Field(default=3, ge=1, le=30)
    """A field that sent no photo for longer is told of: its last one no longer counts for the advice."""
    alive_days: int = Field(default=7, ge=7, le=60)
    """After so many days without a word a farmer hears that somebody is still there; sooner would be noise."""
    phone_number: str | None = Field(default=None, pattern=r"^\+[1-9][0-9]{6,14}$")
    """Whom a farmer may call; told in notices that ask for help."""

    @property
    def rules(self) -> NoticeRules:
        """As telling reads them."""
        return NoticeRules(
            heat_c=self.heat_c,
            silent_days=self.silent_days,
            alive_after=timedelta(days=self.alive_days),
            phone=self.phone_number,
        )
