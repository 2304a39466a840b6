"""What speaks against a gateway's line: another gateway under its name, a certificate that ends."""

from collections import deque
from datetime import datetime
from pathlib import Path
from typing import Final

from edge.clock import Clock
from edge.heartbeat import UplinkState
from edge.tls import certificate_end
from edge.voice import Voice

TAKEN_OVER_MANY: Final = 2
"""One may be a line that broke unseen and our own return; two in a while are somebody else."""
TAKEN_OVER_WITHIN_S: Final = 1800.0
HUNG_UP_MANY: Final = 4
"""Not every broker says why it hangs up; one that does so many times and takes us back at once has a reason."""
ENDING_DAYS: Final = 30
_LOOK_S: Final = 3600.0
_DAY_S: Final = 86_400.0


class LineWatch:
    """Counts what happens to a gateway's connections and tells what an installer should know."""

    def __init__(self, certificate: Path | None, client_id: str, clock: Clock, voice: Voice) -> None:
        self._certificate, self._client_id = certificate, client_id
        self._clock, self._voice = clock, voice
        self._recent: deque[float] = deque()
        self._hung_up: deque[float] = deque()
        self._looked_at_s = -float("inf")
        self._ends_at: datetime | None = None
        self._taken_over = self._connections = 0

    def connected(self) -> None:
        """The broker accepted us."""
        self._connections += 1

    def taken_over(self) -> None:
        """The broker gave our place to somebody who came under our name."""
        self._taken_over += 1
        self._recent.append(self._clock.monotonic_s())
        self._forget()
        if len(self._recent) >= TAKEN_OVER_MANY:
            self._voice.trouble(
                "identity",
                f"another gateway comes to the broker as {self._client_id} and takes this one's place again and again:"
                " two of one name; give one of them a gateway_id and a certificate of its own",
            )

    def hung_up(self) -> None:
        """The broker ended a connection that stood, without a word."""
        self._hung_up.append(self._clock.monotonic_s())
        self._forget()
        if len(self._hung_up) >= HUNG_UP_MANY:
            self._voice.trouble(
                "identity",
                f"the broker hung up {len(self._hung_up)} times in half an hour and took us back each time: probably"
                f" two of one name, another gateway that comes as {self._client_id}; give one of them a gateway_id and"
                " a certificate of its own",
            )

    def look(self, now: datetime) -> None:
        """Tell what is over, and now and then how long the certificate lasts; ``now`` as it is believed."""
        self._forget()
        if not self._recent and not self._hung_up:
            self._voice.over("identity", "nobody takes this gateway's place at the broker any more")
        now_s = self._clock.monotonic_s()
        if self._certificate is None or now_s - self._looked_at_s < _LOOK_S:
            return
        self._looked_at_s = now_s
        self._ends_at = certificate_end(self._certificate)
        days = self.certificate_days(now)
        if days is None or days > ENDING_DAYS:
            self._voice.over("certificate", f"{self._certificate}: lasts again")
            return
        ended = f"ended {-days} days ago" if days < 0 else f"ends in {days} days"
        self._voice.trouble(
            "certificate",
            f"{self._certificate}: this gateway's certificate {ended}; renew it before the broker turns it away",
        )

    def certificate_days(self, now: datetime) -> int | None:
        """Whole days left of the certificate; negative once it ended, None without one that can be read."""
        return None if self._ends_at is None else int((self._ends_at - now).total_seconds() // _DAY_S)

    def state(self, now: datetime, *, instance: str, route: str | None, sent_bytes: int) -> UplinkState:
        """How the line is, for a heartbeat."""
        return UplinkState(
            instance=instance,
            route=route,
            connections=self._connections,
            taken_over=self._taken_over,
            certificate_days=self.certificate_days(now),
            sent_today_kb=sent_bytes / 1000.0,
        )

    def _forget(self) -> None:
        since_s = self._clock.monotonic_s() - TAKEN_OVER_WITHIN_S
        for times in (self._recent, self._hung_up):
            while times and times[0] < since_s:
                times.popleft()
