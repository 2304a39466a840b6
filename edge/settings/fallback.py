"""Advising alone while the cloud is silent."""

from pathlib import Path

from pydantic import Field

from edge.settings.section import LocalPath, Section


class FallbackConfig(Section):
    """By whose plan a gateway advises its parcels when the cloud is silent, and from when on."""

    plan_key_file: LocalPath = Field(
        default=Path("keys/plan-cloud.pub"),
        validate_default=True,
        title="Plan key file",
        description="The cloud's public key, 64 hex digits (seguia cloud plan key); other plans are ignored.",
    )
    seal_key_file: LocalPath = Field(
        default=Path("keys/plan.key"),
        validate_default=True,
        title="Opening key file",
        description="This gateway's own key of 64 hex digits, which opens who is told; the cloud has its public half.",
    )
    silent_after_h: float = Field(
        default=36.0,
        title="Silence [h]",
        description="The gateway advises by itself when the cloud has said nothing for so long.",
        ge=1.0,
        le=720.0,
    )
    rain_sensor: bool = Field(
        default=True,
        title="Measured rain",
        description="Count the rain of this gateway's gauge; false: what the plan expects.",
    )
