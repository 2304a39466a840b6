"""Whatever moved in a parcel's soil: the account as printed closes to the tenth of a millimetre."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.explanation.account import account_of, closed_in_tenths
from cloud.explanation.case import Case
from cloud.explanation.words import explanation_of
from cloud.water_day import WaterDay

FLOWS = {
    "etc_adj_mm": (1.0, 0.0, 12.0),
    "rain_mm": (-1.0, 0.0, 60.0),
    "runoff_mm": (1.0, 0.0, 20.0),
    "irrigation_mm": (-1.0, 0.0, 90.0),
    "deep_percolation_mm": (1.0, 0.0, 40.0),
    "capillary_rise_mm": (-1.0, 0.0, 3.0),
    "root_growth_mm": (1.0, -2.0, 4.0),
    "correction_mm": (1.0, -30.0, 30.0),
}
FIRST = date(2026, 3, 1)
MOVED = st.fixed_dictionaries(
    {name: st.just(0.0) | st.floats(low, high, allow_nan=False) for name, (_, low, high) in FLOWS.items()}
)


def rows_of(opening: float, days: list[dict[str, float]], kept: list[bool]) -> list[WaterDay]:
    rows, depletion = [], opening
    for place, flows in enumerate(days):
        depletion += sum(sign * flows[name] for name, (sign, _, _) in FLOWS.items())
        names = [name for name in WaterDay.model_fields if not name.startswith("profile") and name != "observations"]
        content = dict.fromkeys(names, 0.5) | flows
        content |= {name: depletion for name in names if name.startswith("depletion")}
        rows.append(WaterDay.model_validate({**content, "parcel_id": "p", "day": FIRST + timedelta(days=place)}))
    return [row for row, keep in zip(rows, kept, strict=True) if keep]


def printed_mm(lines: tuple[str, ...]) -> float:
    """Opening plus and minus every line of the account, less its result, in tenths of a millimetre."""
    begin = next(place for place, line in enumerate(lines) if line.startswith("Water missing from the root zone"))
    end = next(place for place, line in enumerate(lines) if line.startswith("  = "))
    tenths = [(line[2], round(10.0 * float(line.split()[-1]))) for line in lines[begin + 1 : end + 1]]
    return sum({" ": 1, "+": 1, "-": -1, "=": -1}[sign] * amount for sign, amount in tenths)


@settings(max_examples=60, deadline=None)
@given(st.floats(-40.0, 150.0), st.lists(MOVED, min_size=1, max_size=16), st.data())
def test_the_printed_account_closes(opening: float, days: list[dict[str, float]], data: st.DataObject) -> None:
    kept = data.draw(st.lists(st.booleans(), min_size=len(days), max_size=len(days)))
    rows = rows_of(opening, days, kept)
    told = explanation_of(
        Case(parcel_id="p", name="P", day=FIRST + timedelta(days=40), timezone="UTC", rows=tuple(rows))
    )
    account = account_of(rows, FIRST + timedelta(days=40))
    assert told.account == account
    if account is None:
        assert not rows
        return
    assert printed_mm(told.lines) == 0
    moved = sum(round(10 * one.depth_mm) for one in account.movements)
    assert round(10 * account.opening_mm) + moved == round(10 * account.closing_mm)


@settings(max_examples=200, deadline=None)
@given(st.floats(-300.0, 300.0), st.lists(st.just(0.0) | st.floats(-90.0, 90.0), min_size=1, max_size=12))
def test_no_amount_is_shown_a_tenth_away_from_itself(opening: float, amounts: list[float]) -> None:
    begins, shown, ends = closed_in_tenths(opening, amounts, opening + sum(amounts))
    assert begins + sum(shown) == ends
    for amount, tenths in zip(amounts, shown, strict=True):
        assert abs(tenths - 10.0 * amount) <= 1.5 + 1e-6
        assert amount != 0.0 or tenths == 0 or not any(amounts)
