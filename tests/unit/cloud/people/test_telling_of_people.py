"""What is said of people: masked on screens, whole to themselves, counted for the country, blank where not known."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.messages import Farmer, Inbound
from cloud.people.consent import Consent
from cloud.people.dossier import Dossier, SentText
from cloud.people.erasure import first_kept_month
from cloud.people.forms_text import BLANK, FORMS, form
from cloud.people.looks import Look
from cloud.people.masks import masked_name, masked_number
from cloud.people.sovereignty import Sovereignty, Traffic, weather_line
from cloud.people.ties import Tie

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
FARMER = Farmer(id="f1", name="Zineb (invented)", phone_number="+212612345678", language="fr")


def test_a_number_and_a_name_are_told_apart_and_no_more() -> None:
    assert masked_number("+212612345678") == "+212*******78"
    assert masked_number("+1234") == "+123"
    assert masked_name("Zineb El Idrissi") == "Z. E. I."
    assert masked_name("") == ""
    assert masked_name("زينب") == "ز."


@settings(max_examples=60)
@given(st.from_regex(r"\+[1-9][0-9]{8,14}", fullmatch=True))
def test_a_masked_number_keeps_at_most_six_signs_in_their_places(number: str) -> None:
    masked = masked_number(number)
    assert len(masked) == len(number)
    assert sum(one != "*" for one in masked) == 6
    assert number[4:-2] not in masked


def dossier(**changed: object) -> Dossier:
    content: dict[str, object] = {
        "person": FARMER,
        "versions": (FARMER,),
        "consents": (Consent(farmer_id="f1", given=True, how="spoken", by="Amina", at=NOW, wording="2026-11"),),
        "ties": (Tie(farmer_id="f1", parcel_id="p1", role="owner", since=date(2026, 1, 1)),),
        "told_about": ("p1",),
        "sent": (SentText(queued_at=NOW, parcel_id="p1", kind="irrigate", text="P1: irriguez", state="delivered"),),
        "received": (
            Inbound(carrier="modem", carrier_id="a", phone_number="+212612345678", text="1", received_at=NOW),
        ),
        "looks": (Look(farmer_id="f1", what="export", by="Amina", at=NOW),),
        "made_at": NOW,
    }
    return Dossier(**{**content, **changed})  # type: ignore[arg-type]  # any field, by name


def test_a_dossier_says_everything_twice_for_people_and_for_programs() -> None:
    content = json.loads(dossier().json())
    assert (content["person"]["name"], content["told_about_parcels"]) == ("Zineb (invented)", ["p1"])
    assert content["messages_to_you"] == [
        {"at": NOW.isoformat(), "parcel": "p1", "kind": "irrigate", "text": "P1: irriguez", "state": "delivered"}
    ]
    assert (content["consents"][0]["by"], content["who_looked"][0]["what"]) == ("Amina", "export")
    text = dossier().text()
    for line in (
        "  phone_number: +212612345678",
        "  2026-05-01 08:00 UTC  oui / yes (spoken, 2026-11, Amina)",
        "  p1: owner, 2026-01-01 - ...",
        "  2026-05-01 08:00 UTC  [p1, delivered] P1: irriguez",
        "  2026-05-01 08:00 UTC  1",
        "  2026-05-01 08:00 UTC  Amina (export)",
    ):
        assert line in text.splitlines()


def test_an_empty_part_of_a_dossier_is_shown_as_empty() -> None:
    empty = dossier(consents=(), ties=(), told_about=(), sent=(), received=(), looks=())
    assert empty.text().count("\n  -\n") == 5


def report(*traffic: Traffic, weather: tuple[str, ...] = ()) -> Sovereignty:
    return Sovereignty(
        first=date(2026, 5, 1), last=date(2026, 5, 31), traffic=traffic, configured=("africastalking",), weather=weather
    )


def test_what_leaves_the_country_is_said_in_words_and_numbers() -> None:
    abroad = Traffic(carrier="africastalking", handed=30, perhaps=1, people=9, received=4)
    home = Traffic(carrier="modem", handed=5, perhaps=0, people=2, received=7)
    strange = Traffic(carrier="nobody knows", handed=1, perhaps=0, people=1, received=0)
    lines = report(abroad, home, strange, weather=("open-meteo",)).lines()
    assert lines[1].startswith(
        "africastalking: 30 messages of 9 people handed over, 1 perhaps, 4 answers through it; LEAVES THE COUNTRY: "
    )
    assert "; stays: " in lines[2]
    assert "; counts as abroad: not known to Seguia" in lines[3]
    assert lines[4].startswith("africastalking: configured now; LEAVES THE COUNTRY")
    assert lines[5].startswith("weather: open-meteo are asked")
    found = report(abroad).object()
    assert (found["carriers"][0]["abroad"], found["carriers"][0]["handed"]) == (True, 30)
    assert "name" in found["never_leaves"]
    assert report().lines()[1] == "nothing was handed to any carrier"
    assert weather_line(()) == "no service is asked; files only, and nothing leaves"
    assert report().place_of("spool").abroad is False
    home_by_word = replace(report(strange), at_home=("nobody knows",))
    assert "; stays: in the country, by the operator's own word" in home_by_word.lines()[1]


@pytest.mark.parametrize(("days", "month"), [(0, "2026-05"), (1, "2026-04"), (31, "2026-03"), (400, "2025-03")])
def test_a_month_goes_when_its_last_day_is_older_than_what_is_kept(days: int, month: str) -> None:
    assert first_kept_month(NOW, days) == month


@pytest.mark.parametrize("name", FORMS)
def test_a_form_says_that_it_is_a_draft_and_leaves_a_line_for_what_is_not_known(name: str) -> None:
    keys = (
        "today version organisation controller contact declaration farmers consented keep_days carriers carrier_names"
        " weather broker_tls wording"
    )
    text = form(name, {key: f"<{key}>" for key in keys.split()} | {"contact": None, "controller": ""})
    assert BLANK in text
    assert "<keep_days>" in text
    assert "$" not in text
    assert "PROJET" in text or "مسودة" in text
