"""What an operator decides about weather: where it lies, who fetches it, and how it is set right."""

from typing import Literal

from pydantic import Field

from cloud.config_section import LocalPath, Section

PastSource = Literal["nasa-power", "open-meteo-archive", "open-meteo-recent"]


class WeatherFetchConfig(Section):
    """Which weather services fill the files of [weather]; nothing is contacted where this section is absent."""

    past: tuple[PastSource, ...] = ("nasa-power", "open-meteo-archive", "open-meteo-recent")
    """In the order of preference: a day comes whole from the first source that knows it."""
    past_days: int = Field(default=400, ge=1, le=20_000)
    forecast: Literal["open-meteo", "open-meteo-ensemble", "ecmwf-open-data"] | None = "open-meteo-ensemble"
    forecast_days: int = Field(default=10, ge=2, le=15)
    ensemble_model: str = Field(default="ecmwf_ifs025_ensemble", pattern=r"^[a-z0-9_]{1,60}$")
    ecmwf_members: int = Field(default=10, ge=1, le=50)
    """Members of ECMWF's open data that are fetched: each is about 130 MB for 10 days, whatever the region."""
    place_step_degrees: float = Field(default=0.1, ge=0.01, le=1.0)
    """Parcels of one square of this size share one place."""
    refresh_h: float = Field(default=3.0, ge=0.0, le=48.0)
    calls_per_day: int = Field(default=5000, ge=1, le=1_000_000)
    api_key_file: LocalPath | None = None
    """Key of an Open-Meteo account; their free service is for non-commercial use."""
    base_url: str | None = None
    """Only for a stand-in or a test: leave out for the services' own addresses."""


class WeatherCalibrationConfig(Section):
    """Whether the night corrects its forecast by the archive; with too short an archive it stays as it was issued."""

    enabled: bool = True
    window_days: int = Field(default=1825, ge=60, le=20_000)
    """Forecasts issued longer ago say nothing about today's."""


class WeatherBlendConfig(Section):
    """How the fetched past is brought to a better record; left out, it serves as it was fetched."""

    model_path: LocalPath
    """Made by: seguia cloud weather learn."""
    reference_path: LocalPath | None = None
    """The operator's own station: its days win, its gaps are filled."""


class WeatherConfig(Section):
    """Where the day finds its weather; a path may be left out until there is a file."""

    past_path: LocalPath | None = None
    forecast_path: LocalPath | None = None
    max_age_days: int = Field(default=3, ge=1, le=30)
    fetch: WeatherFetchConfig | None = None
    calibration: WeatherCalibrationConfig = WeatherCalibrationConfig()
    blend: WeatherBlendConfig | None = None
