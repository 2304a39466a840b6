"""The telephone of an installation: its words, recordings and voices, by its configuration."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final, get_args
from urllib.parse import quote

from cloud.adapters.files.recordings import Recordings, read_recordings
from cloud.adapters.store.callers import Callers
from cloud.adapters.store.store import Store
from cloud.answering import CallRules, Line
from cloud.commands.voice import voice_of
from cloud.config import CloudConfig, Secrets
from cloud.messages import Spoken
from cloud.records import Language, Verdict
from cloud.speech.catalogue import REVIEWED_FALLBACK
from cloud.speech.render import compose
from cloud.telephone.caller import Speaker
from cloud.telephone.flow import Studio
from cloud.web.api.telephony import TelephoneDoor

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)


def reaches_people(config: CloudConfig) -> bool:
    """Whether this installation writes to real telephones."""
    sms = config.sms
    real = sms.aggregator is not None and sms.aggregator.live
    known = {"spool": False, "africastalking": sms.base_url is None, "aggregator": real}
    return any(known.get(carrier, True) for carrier in sms.carriers)


def door_of(store: Store, config: CloudConfig, clock: Callable[[], datetime]) -> TelephoneDoor | None:
    """Where the carrier posts menus and calls; None where no secret path is configured."""
    if config.sms.callback_secret_file is None:
        return None
    line = line_of(store, config, clock)
    return TelephoneDoor(line=line, secret=Secrets(config).callback_secret(), public_url=config.telephone.public_url)


def line_of(store: Store, config: CloudConfig, clock: Callable[[], datetime]) -> Line:
    """The telephone of an installation over its store."""
    telephone = config.telephone
    return Line(
        store=Callers(store),
        speaker=speaker_of(config, store.signed_catalogues(signatures=config.sms.catalogue_signatures)),
        clock=clock,
        rules=CallRules(
            studio=studio_of(config), own_number=telephone.number, takes_calls=telephone.inbound == "speak"
        ),
        strangers_language=telephone.strangers_language,
    )


def speaker_of(config: CloudConfig, signed: Mapping[Language, str]) -> Speaker:
    """Words that may be spoken: to real telephones only those that somebody signed, else reviewed English."""
    live, usual = reaches_people(config), voice_of(config)
    voice = replace(usual, draft=usual.draft and not live)

    def may_be_spoken(language: Language) -> bool:
        words = voice.words(language)
        return words.language == language and (not live or signed.get(language) == words.digest)

    def spoken(language: Language) -> Language:
        return language if may_be_spoken(language) else REVIEWED_FALLBACK

    def advice(verdict: Verdict, language: Language) -> str:
        return compose(verdict, language=spoken(language), voice=voice).message.text

    return Speaker(
        words=lambda language: voice.words(spoken(language)),
        advice=advice,
        languages=tuple(one for one in LANGUAGES if may_be_spoken(one)) or (REVIEWED_FALLBACK,),
    )


def studio_of(config: CloudConfig) -> Studio:
    """Recordings that may be heard, and the carrier's voices."""
    telephone = config.telephone
    found = () if telephone.audio_dir is None else read_recordings(telephone.audio_dir)
    usable = {one.tongue: one for one in found if one.signed or not reaches_people(config)}
    base = (telephone.audio_url or "").rstrip("/")
    return Studio(
        clips={tongue: frozenset(one.files) for tongue, one in usable.items()},
        address=lambda tongue, clip: _address(base, usable, tongue, clip),
        voices=telephone.voices,
        instead=telephone.instead,
    )


def _address(base: str, usable: dict[Spoken, Recordings], tongue: Spoken, clip: str) -> str:
    return f"{base}/{tongue}/{quote(usable[tongue].files[clip].name)}"
