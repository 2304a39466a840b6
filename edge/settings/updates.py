"""Where a gateway gets its releases from, and how careful it is with them."""

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from edge.settings.section import LocalPath, Section, stays_here

ReleaseKind = Literal["models", "config", "code"]


class UpdatesConfig(Section):
    """Signed releases of models, configuration and code, and the trial each must pass."""

    url: str = Field(
        title="Repository",
        description="Address of the folder that seguia release publish fills, e.g. https://updates.example.org/.",
        pattern=r"^https?://[^\s?#]+$",
    )
    root_file: LocalPath = Field(
        title="Trusted root",
        description="root.json of the repository, carried here by hand; releases are held to it.",
    )
    channel: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,23}$")] = Field(
        default="stable", title="Channel", description="Which line of releases is followed."
    )
    kinds: tuple[ReleaseKind, ...] = Field(
        default=("models", "config", "code"),
        title="Kinds",
        description="What is taken from there: models, config, code; leave out what is cared for otherwise.",
        min_length=1,
    )
    ca_file: LocalPath | None = Field(
        default=None,
        title="Certificate authority",
        description="PEM file the repository's server is checked against; default: the system's.",
    )
    check_interval_h: float = Field(
        default=24.0, title="Check interval [h]", description="How often it is looked for releases.", ge=0.01, le=8760
    )
    daily_budget_kb: float = Field(
        default=4000.0,
        title="Daily byte budget [kB]",
        description="So much of a release is fetched a UTC day; the rest follows on the next.",
        ge=50,
        le=10_000_000,
    )
    size_limit_mb: float = Field(
        default=64.0, title="Size limit [MB]", description="A release whose files pass this is refused.", gt=0, le=4096
    )
    trial_minutes: int = Field(
        default=15,
        title="Trial [min]",
        description="Well for so many minutes, a new release stays; else the one before comes back.",
        ge=1,
        le=1440,
    )

    @model_validator(mode="after")
    def _host_is_named(self) -> Self:
        parts = urlsplit(self.url)
        if not parts.hostname:
            raise ValueError("url needs a host")
        if self.ca_file is not None and parts.scheme != "https" and not stays_here(parts.hostname):
            raise ValueError("ca_file needs an https url")
        return self
