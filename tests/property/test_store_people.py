"""Whatever happens to people in whatever order: the ledger stands, the living are found, the forgotten are not."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud.adapters.ledger import verify
from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.store import Store
from cloud.messages import Farmer, Inbound

START = datetime(2026, 1, 10, 8, 0, tzinfo=UTC)
NUMBERS = ("+212612345678", "+212661234567", "+212712345678")
PEOPLE = ("f1", "f2")
KEYS = PersonalKeys(encryption_key=bytes(range(32)), index_key=bytes(range(32, 64)))

person = st.sampled_from(PEOPLE)
number = st.sampled_from(NUMBERS)
act = st.one_of(
    st.tuples(st.just("save"), person, number),
    st.tuples(st.just("text"), person, number),
    st.tuples(st.just("erase"), person, number),
    st.tuples(st.just("rotate"), person, number),
    st.tuples(st.just("forget keys"), person, number),
    st.tuples(st.just("half a rotation"), person, number),
    st.tuples(st.just("month"), person, number),
    st.tuples(st.just("purge"), person, number),
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("people") / "seguia.db"
    Store.open(f"sqlite:///{path}", KEYS, create=True).close()
    return path


class Town:
    """The store, and what must be true of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.keys = KEYS
        self.now = START
        self.alive: dict[str, str] = {}
        self.erased: set[str] = set()
        self.texts: list[tuple[str, datetime]] = []

    def open(self) -> Store:
        return Store.open(f"sqlite:///{self.path}", self.keys, clock=lambda: self.now)

    def do(self, what: str, who: str, whose: str) -> None:
        self.now += timedelta(minutes=1)
        with self.open() as store:
            match what:
                case "save" if who not in self.erased:
                    farmer = Farmer(id=who, name=f"{who} (invented)", phone_number=whose)
                    store.save_farmers([farmer])
                    self.alive[who] = whose
                case "text":
                    self.texts.append((whose, self.now))
                    text = f"text {len(self.texts)}"
                    store.add_inbound(
                        Inbound(carrier="modem", carrier_id=text, phone_number=whose, text=text, received_at=self.now)
                    )
                case "erase" if who in self.alive:
                    store.erase_farmer(who, by="Amina (invented)", why="asked")
                    del self.alive[who]
                    self.erased.add(who)
                case "rotate" | "half a rotation":
                    if not self.keys.older:
                        self.keys = self.keys.rotated()
                    store.take_master(self.keys)
                    steps = store.wrap_anew(1)
                    if what == "rotate":
                        list(steps)
                    else:
                        next(steps, None)
                case "forget keys" if self.keys.older and store.needs_older() == 0:
                    self.keys = self.keys.without_older()
                case "month":
                    self.now += timedelta(days=31)
                case "purge":
                    store.purge_texts(self.now, 31, by="night")
        self.check()

    def check(self) -> None:
        with self.open() as store:
            assert verify(store).problems == ()
            assert {one.id: one.phone_number for one in store.farmers()} == self.alive
            for whose in NUMBERS:
                owners = tuple(sorted(who for who, held in self.alive.items() if held == whose))
                assert not owners or store.farmers_of_number(whose) == owners
            for who in self.erased:
                assert store.farmer(who) is None
                assert store.inbound_of(who) == ()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(act, min_size=3, max_size=9))
def test_the_ledger_stands_the_living_are_found_and_the_forgotten_are_not(
    template: Path, tmp_path: Path, acts: list[tuple[str, str, str]]
) -> None:
    path = tmp_path / "seguia.db"
    for stale in tmp_path.glob("seguia.db*"):
        stale.unlink()
    shutil.copy(template, path)
    town = Town(path)
    town.do("save", "f1", NUMBERS[0])
    for what, who, whose in acts:
        town.do(what, who, whose)
    with town.open() as store:
        # Each step was checked by the town; what stands at the end is said here once more.
        assert {one.id for one in store.farmers()} == set(town.alive)
        assert all(store.farmer(who) is None for who in town.erased)


def test_a_long_life(template: Path, tmp_path: Path) -> None:
    path = tmp_path / "seguia.db"
    shutil.copy(template, path)
    town = Town(path)
    for step in (
        ("save", "f1", NUMBERS[0]),
        ("save", "f2", NUMBERS[0]),
        ("text", "f1", NUMBERS[0]),
        ("half a rotation", "f1", NUMBERS[0]),
        ("text", "f1", NUMBERS[0]),
        ("save", "f1", NUMBERS[1]),
        ("text", "f1", NUMBERS[1]),
        ("rotate", "f1", NUMBERS[1]),
        ("forget keys", "f1", NUMBERS[1]),
        ("month", "f1", NUMBERS[1]),
        ("month", "f1", NUMBERS[1]),
        ("text", "f1", NUMBERS[1]),
        ("purge", "f1", NUMBERS[1]),
        ("erase", "f2", NUMBERS[0]),
        ("rotate", "f1", NUMBERS[1]),
        ("erase", "f1", NUMBERS[1]),
        ("text", "f1", NUMBERS[1]),
    ):
        town.do(*step)
    assert (town.alive, town.erased) == ({}, {"f1", "f2"})
