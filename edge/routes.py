"""Which way to the broker to try next: the first that works, and now and then whether a better one works again."""

from collections.abc import Sequence
from typing import Final

from edge.settings.broker import BrokerConfig
from edge.settings.uplink import UplinkConfig

BETTER_FIRST_S: Final = 900.0
BETTER_LAST_S: Final = 21_600.0


class Routes:
    """Memory of the ways that a gateway may go, in their order; without any named, the system's own is the only one.

    Times are monotonic seconds. A better way is tried again after a quarter of an hour, and after a pause that doubles
    each time, up to six hours: every try costs the connection that works, and a new greeting.
    """

    def __init__(self, broker: BrokerConfig, uplinks: Sequence[UplinkConfig] = ()) -> None:
        self._broker = broker
        self._uplinks = tuple(uplinks)
        self._place = 0
        self._opened_at_s: float | None = None
        self._pause_s = BETTER_FIRST_S

    @property
    def name(self) -> str | None:
        """The way that is gone now; None where none are named."""
        return self._uplinks[self._place].name if self._uplinks else None

    @property
    def interface(self) -> str | None:
        """The network interface of that way; None: as the system routes."""
        return self._uplinks[self._place].interface if self._uplinks else None

    @property
    def daily_budget_kb(self) -> float | None:
        """What may be sent on that way a day [kB]; None where it says nothing of its own."""
        return self._uplinks[self._place].daily_budget_kb if self._uplinks else None

    @property
    def broker(self) -> BrokerConfig:
        """The broker as it is reached on that way."""
        if not self._uplinks:
            return self._broker
        way = self._uplinks[self._place]
        changes = {name: value for name, value in (("host", way.host), ("port", way.port)) if value is not None}
        return self._broker.model_copy(update=changes)

    def opened(self, now_s: float) -> None:
        """The broker was reached."""
        self._opened_at_s = now_s
        if self._place == 0:
            self._pause_s = BETTER_FIRST_S

    def failed(self) -> bool:
        """The broker was not reached, or was lost; whether there is another way to try at once."""
        self._opened_at_s = None
        self._place = (self._place + 1) % max(1, len(self._uplinks))
        return self._place > 0

    def better_is_due(self, now_s: float) -> bool:
        """Whether a way that works should be left for a while, to see whether a better one does again."""
        return self._place > 0 and self._opened_at_s is not None and now_s - self._opened_at_s >= self._pause_s

    def try_better(self) -> None:
        """Begin with the best way again."""
        self._place, self._opened_at_s = 0, None
        self._pause_s = min(BETTER_LAST_S, 2 * self._pause_s)
