"""Measures by hand, and what is said where nobody knows."""

import csv
import io
import json
from datetime import date
from typing import Any

import pytest

from cloud.outreach.counts import Counts, MessageGroup, Reached, ToldCount
from cloud.outreach.measures import Comprehension, Measures, measures_of
from cloud.outreach.telling import HEADER, lines_of, object_of, rows_of
from cloud.records import Language
from cloud.wording.signature import Understood

DAYS = (date(2026, 3, 1), date(2026, 8, 31))
GROUP = MessageGroup(
    language="ary",
    channel="sms",
    carrier="modem",
    season=2026,
    state="delivered",
    taken=1,
    late=0,
    delay_s=10,
    segments=2,
    repeated=0,
)
UNDERSTOOD = Understood(sheet_sha256="a" * 64, respondents=20, answers=480, share=0.9, low=0.84, high=0.94, opposite=1)


def messages(number: int, **changed: Any) -> tuple[MessageGroup, int]:  # noqa: ANN401 -- any field
    return GROUP._replace(**changed), number


def farmer(name: str, told: int = 10, confirmed: int = 4, **changed: Any) -> ToldCount:  # noqa: ANN401 -- any field
    content: dict[str, Any] = {
        "farmer_id": name,
        "language": "ary",
        "channel": "sms",
        "carrier": "modem",
        "told": told,
        "answered": confirmed,
        "confirmed": confirmed,
        "metered": 0,
        "denied": 0,
    }
    return ToldCount(**(content | changed))


def measured(
    *groups: tuple[MessageGroup, int],
    told: tuple[ToldCount, ...] = (),
    reached: tuple[Reached, ...] = (),
    price: float | None = None,
) -> Measures:
    return measures_of(Counts(messages=groups, told=told, reached=reached), {}, days=DAYS, price=price)


def test_nothing_sent_is_no_data_and_never_zero() -> None:
    total = measured().total
    assert total.messages == 0
    found = (total.delivered, total.answered, total.followed, total.late, total.expired, total.delay_p50_s)
    assert found == (None,) * 6
    assert total.denied is None
    assert not any(" 0.0 %" in line for line in lines_of(measured()))
    assert "cost: no data, no carrier took a message" in list(lines_of(measured()))


def test_delivery_is_of_what_the_carrier_took() -> None:
    total = measured(
        messages(80),
        messages(10, state="failed", delay_s=None),
        messages(10, state="sent", delay_s=None),
        messages(20, state="expired", taken=0, carrier="", delay_s=None),
        messages(5, state="unknown", taken=0, delay_s=None),
    ).total
    assert total.delivered is not None
    assert total.delivered.value == pytest.approx(0.8)
    assert (total.messages, total.taken) == (125, 100)
    assert total.expired is not None
    assert total.expired.value == pytest.approx(20 / 125)
    assert total.unknown is not None
    assert total.unknown.value == pytest.approx(5 / 125)


def test_a_carrier_that_never_reports_has_no_delivery_share() -> None:
    assert measured(messages(50, state="sent", delay_s=None)).total.delivered is None


def test_times_to_delivery_are_of_delivered_messages() -> None:
    total = measured(messages(50, delay_s=5), messages(40, delay_s=60), messages(10, delay_s=900)).total
    assert (total.delay_p50_s, total.delay_p90_s) == (5.0, 60.0)
    assert measured(messages(3, delay_s=-4)).total.delay_p50_s == 0.0


def test_late_is_of_the_delivered() -> None:
    late = measured(messages(90), messages(10, late=1)).total.late
    assert late is not None
    assert late.value == pytest.approx(0.1)


def test_adherence_is_wide_where_few_farmers_were_told_much() -> None:
    few = measured(told=(farmer("f1", 100, 90), farmer("f2", 100, 10))).total.followed
    many = measured(told=tuple(farmer(f"f{n}", 2, 1) for n in range(100))).total.followed
    assert few is not None
    assert many is not None
    assert few.value == many.value == pytest.approx(0.5)
    assert few.high - few.low > 2 * (many.high - many.low)
    assert (few.count, few.people) == (200, 2)


def test_one_farmer_in_two_languages_is_one_person() -> None:
    share = measured(told=(farmer("f1"), farmer("f1", language="fr"))).total.followed
    assert share is not None
    assert share.people == 1


def test_the_worst_group_stands_first_and_the_unknown_last() -> None:
    found = measured(
        messages(90),
        messages(10, state="failed"),
        messages(50, language="fr"),
        messages(50, language="fr", state="failed"),
        messages(9, language="en", state="queued", taken=0, carrier="", delay_s=None),
    )
    assert [group.name for group in found.languages] == ["fr", "ary", "en"]
    assert {group.name for group in found.carriers} == {"modem", "none yet"}


def test_a_group_is_as_bad_as_its_worst_share() -> None:
    found = measured(
        messages(95),
        messages(5, state="failed"),
        messages(80, language="fr"),
        messages(20, language="fr", state="failed"),
        told=(farmer("f1", 10, 1), farmer("f2", 10, 9, language="fr")),
    )
    assert [group.name for group in found.languages] == ["ary", "fr"]


def test_costs_are_parts_by_price_for_each_season_and_carrier() -> None:
    found = measured(
        messages(100),
        messages(10, state="failed", segments=1),
        messages(7, state="expired", taken=0),
        messages(5, season=2025, carrier="africastalking"),
        reached=(Reached(carrier="modem", season=2026, farmers=30),),
        price=0.5,
    )
    new, old = found.costs
    assert (new.season, new.carrier, new.segments, new.cost) == ("2025/26", "modem", 210, 105.0)
    assert new.per_farmer == pytest.approx(3.5)
    assert (old.season, old.per_farmer) == ("2024/25", None)


def test_without_a_price_the_cost_is_not_known() -> None:
    (cost,) = measured(messages(1)).costs
    assert cost.cost is None
    assert any("cost no data: set sms.price_per_segment" in line for line in lines_of(measured(messages(1))))


def test_a_text_delivered_thirty_times_shows() -> None:
    assert measured(messages(1, repeated=29), messages(5)).total.repeated == 29


def test_languages_nobody_was_asked_in_stand_before_those_that_were_understood() -> None:
    asked: dict[Language, Comprehension] = {
        "fr": Comprehension(language="fr", state="signed", understood=UNDERSTOOD),
        "ary": Comprehension(language="ary", state="never_signed", understood=None),
    }
    counts = Counts(messages=(), told=(), reached=())
    found = measures_of(counts, asked, days=DAYS, price=None)
    assert [one.language for one in found.comprehension] == ["ary", "fr"]
    lines = list(lines_of(found))
    assert "understood ary: no data (never signed)" in lines
    assert "understood fr: 90.0 % [84.0, 94.0] of 480 answers, 20 people (signed)" in lines


def test_measures_as_json_and_as_a_table() -> None:
    found = measured(
        messages(90),
        messages(10, state="failed"),
        told=(farmer("f1"),),
        reached=(Reached(carrier="modem", season=2026, farmers=9),),
        price=0.1,
    )
    content = json.loads(json.dumps(object_of(found)))
    assert content["total"]["delivered"]["value"] == 0.9
    assert content["phone_types"] is None
    assert content["costs"][0]["per_farmer"] == pytest.approx(200 * 0.1 / 9)
    out = io.StringIO()
    csv.writer(out).writerows([HEADER, *rows_of(found)])
    rows = list(csv.DictReader(io.StringIO(out.getvalue())))
    cell = next(row for row in rows if (row["kind"], row["measure"]) == ("all", "delivered"))
    assert (cell["value"], cell["count"]) == ("0.9", "100")
    late = next(row for row in rows if (row["kind"], row["measure"]) == ("all", "late"))
    assert late["value"] == "0.0"
    none = next(iter(rows_of(measured())))
    assert none == ("all", "all", "delivered", "", "", "", "")
    assert any("9 of 10" in line for line in lines_of(found))
