"""A drone's card of multispectral sets: copied first, so that the card can go, then made frames at leisure."""

from datetime import datetime
from pathlib import Path

from edge.sources.card import CardCamera
from edge.sources.multispectral import BandCamera


class BandCardCamera:
    """A card whose files are band files; they wait in a folder of their own between the card and the spool."""

    def __init__(self, card: CardCamera, bands: BandCamera) -> None:
        self.camera = bands.camera
        self.spool = bands.spool
        self.wait_s: float | None = 0.0
        self._card, self._bands = card, bands

    def capture(self, now: datetime) -> Path | None:
        """One turn of copying and one of gathering; the frame made, if any."""
        self._card.spool.waiting(lambda _: False)
        try:
            self._card.capture(now)
        finally:
            frame = self._bands.capture(now)
            self.wait_s = min(self._card.wait_s or 0.0, self._bands.wait_s or 0.0)
        return frame
