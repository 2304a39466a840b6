"""Everything that is kept of a person, as they may read it themselves."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cloud.messages import Farmer, Inbound
from cloud.people.consent import Consent
from cloud.people.looks import Look
from cloud.people.ties import Tie


@dataclass(frozen=True, slots=True, kw_only=True)
class SentText:
    """A text that was made for a person, and how far it came."""

    queued_at: datetime
    parcel_id: str
    kind: str
    text: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """All that the store knows of one person."""

    person: Farmer
    versions: tuple[Farmer, ...]
    """How name, number and preferences were before, oldest first, the present one last."""
    consents: Sequence[Consent]
    ties: Sequence[Tie]
    told_about: tuple[str, ...]
    sent: Sequence[SentText]
    received: Sequence[Inbound]
    looks: Sequence[Look]
    made_at: datetime

    def json(self) -> str:
        """For programs."""
        content: dict[str, Any] = {
            "made_at": self.made_at.isoformat(),
            "person": self.person.model_dump(mode="json"),
            "versions": [one.model_dump(mode="json") for one in self.versions],
            "consents": [one.model_dump(mode="json") for one in self.consents],
            "ties": [one.model_dump(mode="json") for one in self.ties],
            "told_about_parcels": list(self.told_about),
            "messages_to_you": [
                {
                    "at": one.queued_at.isoformat(),
                    "parcel": one.parcel_id,
                    "kind": one.kind,
                    "text": one.text,
                    "state": one.state,
                }
                for one in self.sent
            ],
            "messages_from_you": [one.model_dump(mode="json") for one in self.received],
            "who_looked": [one.model_dump(mode="json") for one in self.looks],
        }
        return json.dumps(content, ensure_ascii=False, indent=1) + "\n"

    def text(self) -> str:
        """For the person, in French and English; the texts themselves are in their own language."""
        parts = (
            ("Vous / You", _person(self.person)),
            ("Parcelles / Parcels", [*self.told_about, *(_tie(one) for one in self.ties)]),
            ("Consentement / Consent", [_word(one) for one in self.consents]),
            ("Messages que vous avez reçus / Messages to you", [_sent(one) for one in self.sent]),
            ("Vos messages / Messages from you", [f"{_at(one.received_at)}  {one.text}" for one in self.received]),
            (
                "Qui a consulté vos données / Who looked at your data",
                [f"{_at(one.at)}  {one.by} ({one.what})" for one in self.looks],
            ),
        )
        head = f"Seguia, {_at(self.made_at)}\nTout ce que nous gardons de vous. / All that we keep of you.\n"
        return head + "".join(
            f"\n{title}\n" + "".join(f"  {line}\n" for line in lines or ["-"]) for title, lines in parts
        )


def _person(person: Farmer) -> list[str]:
    return [f"{name}: {value}" for name, value in person.model_dump(mode="json").items()]


def _tie(tie: Tie) -> str:
    return f"{tie.parcel_id}: {tie.role}, {tie.since} - {tie.until or '...'}"


def _word(word: Consent) -> str:
    return f"{_at(word.at)}  {'oui / yes' if word.given else 'non / no'} ({word.how}, {word.wording or '-'}, {word.by})"


def _sent(sent: SentText) -> str:
    return f"{_at(sent.queued_at)}  [{sent.parcel_id}, {sent.state}] {sent.text}"


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
