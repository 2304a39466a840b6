"""The bars a model is held to: a value is met, missed or not measured, and never silently absent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

MET: Final = "met"
MISSED: Final = "missed"
NOT_MEASURED: Final = "not measured"
Row = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What is asked of one figure: at least ``least``, at most ``most``, or between both."""

    what: str
    least: float | None = None
    most: float | None = None

    @property
    def asked(self) -> str:
        """The bar in words."""
        if self.least is None:
            return f"at most {self.most:g}" if self.most is not None else "told"
        return f"at least {self.least:g}" if self.most is None else f"{self.least:g} to {self.most:g}"

    def state(self, value: float | None) -> str:
        """Whether a value meets the bar; NaN does not."""
        if value is None:
            return NOT_MEASURED
        low = self.least is None or value >= self.least
        high = self.most is None or value <= self.most
        return MET if low and high else MISSED

    def row(self, value: float | None, note: str | None = None) -> Row:
        """The bar as tables and cards hold it; an unknown value is left out and said to be not measured."""
        known = {} if value is None else {"value": round(float(value), 4)}
        said = {} if note is None else {"note": note}
        return {"what": self.what, "asked": self.asked, **known, "state": self.state(value), **said}


def missed(rows: Iterable[Mapping[str, object]]) -> list[str]:
    """One line for each bar that was missed or not measured."""
    return [
        f"{row['what']}: {row['asked']}, got {row.get('value', 'nothing')}" for row in rows if row.get("state") != MET
    ]
