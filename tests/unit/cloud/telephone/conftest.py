"""Callers with invented parcels, and a speaker that may use every draft."""

from collections.abc import Callable
from typing import Any, get_args

import pytest

from cloud.records import Evidence, Language, Quantiles, Verdict
from cloud.speech.catalogue import catalogue
from cloud.speech.render import render
from cloud.telephone.caller import Caller, Plot, Speaker
from tests.spoken import verdict

LANGUAGES: tuple[Language, ...] = get_args(Language)


def advice(told: Verdict, language: Language) -> str:
    return render(told, language=language, draft=True).text


@pytest.fixture(scope="session")
def speaker() -> Speaker:
    return Speaker(words=catalogue, advice=advice, languages=LANGUAGES)


@pytest.fixture(scope="session")
def known() -> Verdict:
    return verdict(
        depletion_mm=Quantiles(p10=30, p50=41, p90=50),
        stress_probability_if_ignored=0.72,
        evidence=(Evidence(kind="quota_left_m3", value=812.3),),
    )


@pytest.fixture
def caller(known: Verdict) -> Callable[..., Caller]:
    def made(language: Language = "en", *, parcels: int = 1, **changed: Any) -> Caller:  # noqa: ANN401 -- any field
        plots = [Plot(parcel_id="p1", name="Oliviers nord", verdict=known)]
        plots += [Plot(parcel_id=f"p{number}", name=f"Champ {number}") for number in range(2, parcels + 1)]
        return Caller(farmer_ids=("f1",), language=language, plots=tuple(plots), **changed)

    return made
