"""How an operator lets people ring, dial a menu and be called."""

from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from cloud.config_section import LocalPath, Section
from cloud.records import Language

LOOPBACK: frozenset[str] = frozenset({"127.0.0.1", "::1", "localhost"})


class TelephoneConfig(Section):
    """The menu and calls; the carrier is told ``/telephone/<callback secret>/{ussd|voice}`` of public_url."""

    public_url: str | None = None
    """Address at which the carrier reaches this service; without it the one of each request."""
    number: str | None = Field(default=None, pattern=r"^\+[1-9][0-9]{6,14}$")
    """The service's own number, from which it calls."""
    base_url: str | None = None
    """Only for a stand-in: where calls are asked for; leave out for the carrier's own address."""
    inbound: Literal["reject", "speak"] = "reject"
    """reject: a call costs nobody anything and asks for a call; speak: it is taken and told the advice."""
    audio_dir: LocalPath | None = None
    """Folder of recordings: <tongue>/<clip>.mp3 or .wav, and recordings.toml with who signed each tongue."""
    audio_url: str | None = None
    """Where the carrier finds the same files."""
    voices: dict[Language, str] = Field(default_factory=dict)
    """The carrier's own voice for each language that it reads out."""
    instead: Language | None = None
    """What to speak to somebody for whom there is neither recording nor voice; none: they are not called."""
    strangers_language: Language = "fr"
    heads_up_minutes: int = Field(default=10, ge=0, le=120)
    """How long before a call a text says that it will come; 0: none does."""

    @model_validator(mode="after")
    def _recordings_can_be_found(self) -> Self:
        if (self.audio_dir is None) != (self.audio_url is None):
            raise ValueError("audio_dir and audio_url belong together: give both or neither")
        if self.instead is not None and self.instead not in self.voices:
            raise ValueError("instead needs a voice of that language in voices")
        for name, address in (("public_url", self.public_url), ("audio_url", self.audio_url)):
            parts = urlsplit(address or "https://")
            if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
                raise ValueError(f"{name}: expected an address that begins with https://")
        return self
