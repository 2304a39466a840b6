"""The newest plans of a gateway: verified when they come and at every start; an older one never comes back."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from edge.errors import ContractError
from edge.plan import Plan, PlanBundle, PlanRecipient
from edge.plan_book import PlanBook
from edge.plan_seal import decode_plans, open_recipients, read_hex_key, sealed_for


class PlanHolder:
    """One bundle, or none yet; ``refused`` is why the last other one was not taken."""

    def __init__(self, topic: str, book: PlanBook, *, plan_key_file: Path, seal_key_file: Path) -> None:
        self._topic, self._book = topic, book
        self._public_key = read_hex_key(plan_key_file, "plan key")
        self._opening_key = read_hex_key(seal_key_file, "key that opens plans")
        self._recipients: Mapping[str, tuple[PlanRecipient, ...]] = {}
        self.bundle: PlanBundle | None = None
        self.refused: str | None = None

    def begin(self, now: datetime) -> None:
        """Hold what was held before the last stop, as far as it still holds."""
        kept = self._book.bundle()
        if kept is not None:
            self._try(kept[1], now)

    def take(self, payload: bytes, now: datetime) -> bool:
        """Hold another bundle and keep it for good; whether it is another one than before."""
        before = self.bundle
        self._try(payload, now)
        if self.bundle is None or self.bundle is before:
            return False
        self._book.keep(self.bundle.number, payload)
        return True

    def people(self, plan: Plan) -> tuple[PlanRecipient, ...]:
        """Who is told about a parcel."""
        return self._recipients.get(plan.parcel_id, ())

    def _try(self, payload: bytes, now: datetime) -> None:
        self.refused = None
        try:
            bundle = decode_plans(self._topic, payload, self._public_key)
            self.refused = self._reason_against(bundle, now)
            if self.refused is None and (self.bundle is None or bundle.number != self.bundle.number):
                self._recipients = {
                    plan.parcel_id: open_recipients(
                        plan.sealed_recipients, sealed_for(plan.parcel_id, bundle.number), self._opening_key
                    )
                    for plan in bundle.plans
                }
                self.bundle = bundle
        except ContractError as error:
            self.refused = str(error)

    def _reason_against(self, bundle: PlanBundle, now: datetime) -> str | None:
        kept = self._book.bundle()
        newest = 0 if kept is None else kept[0]
        if bundle.number < newest:
            return f"plan {bundle.number}: expected a newer one than {newest}; it is ignored"
        if bundle.until <= now:
            return f"plan {bundle.number}: ended on {bundle.until:%Y-%m-%d}; it is ignored"
        return None
