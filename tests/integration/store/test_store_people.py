"""People on both databases: found by their numbers, told by their ties, heard in their consents, forgotten whole."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from alembic import command
from sqlalchemy import delete, select, update

from cloud.adapters.ledger import verify
from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store import schema
from cloud.adapters.store.database import open_engine
from cloud.adapters.store.people_tables import DATA_KEYS, FARMER_NUMBERS, INBOUND_INDEX
from cloud.adapters.store.store import Store
from cloud.adapters.store.tables import FARMER_STATE, FARMERS, INBOUND
from cloud.adapters.store.vault import seal_in, unseal_in
from cloud.errors import ConfigurationError, ErasedError, InputError, IntegrityError
from cloud.messages import Farmer, Inbound
from cloud.people.looks import Look
from cloud.people.ties import Tie
from cloud.records import FarmerReference, Parcel

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
ZINEB = Farmer(id="f1", name="Zineb (invented)", phone_number="+212612345678", language="fr")
BRAHIM = Farmer(id="f2", name="Brahim (invented)", phone_number="+212661234567", language="ar")
NEW_NUMBER = "+212712345678"


def text(number: str, said: str, at: datetime = NOW, carrier_id: str | None = None) -> Inbound:
    return Inbound(
        carrier="modem",
        carrier_id=carrier_id or f"{number}-{said}-{at.isoformat()}",
        phone_number=number,
        text=said,
        received_at=at,
    )


def said(store: Store, farmer_id: str) -> list[str]:
    return [one.text for one in store.inbound_of(farmer_id)]


@pytest.fixture
def later(url: str, keys: PersonalKeys) -> Callable[[timedelta], Store]:
    return lambda ahead: Store.open(url, keys, clock=lambda: NOW + ahead)


def test_two_people_with_one_number_are_both_known_and_both_heard(store: Store) -> None:
    store.save_farmers([ZINEB, BRAHIM.model_copy(update={"phone_number": ZINEB.phone_number})])
    store.add_inbound(text(ZINEB.phone_number, "1"))
    assert store.farmers_of_number("06 12 34 56 78") == ("f1", "f2")
    assert said(store, "f1") == said(store, "f2") == ["1"]
    assert verify(store).intact


def test_a_number_that_nobody_has_is_nobodys(store: Store) -> None:
    store.save_farmers([ZINEB])
    assert store.farmers_of_number("+33612345678") == ()
    assert store.farmers_of_number("AGRI") == ()
    assert store.farmer_by_phone("+33612345678") is None


def test_late_answers_from_an_old_number_are_still_theirs(store: Store, later: Callable[[timedelta], Store]) -> None:
    store.save_farmers([ZINEB])
    store.add_inbound(text(ZINEB.phone_number, "before"))
    with later(timedelta(days=1)) as moved:
        moved.save_farmers([ZINEB.model_copy(update={"phone_number": NEW_NUMBER})])
        moved.add_inbound(text(ZINEB.phone_number, "late", NOW + timedelta(days=3)))
        moved.add_inbound(text(ZINEB.phone_number, "too late", NOW + timedelta(days=30)))
        moved.add_inbound(text(NEW_NUMBER, "new", NOW + timedelta(days=4)))
        assert said(moved, "f1") == ["before", "late", "new"]
        assert moved.farmers_of_number(ZINEB.phone_number) == ("f1",)
        assert moved.farmer_by_phone(ZINEB.phone_number) is None
    with later(timedelta(days=60)) as long_after:
        assert long_after.farmers_of_number(ZINEB.phone_number) == ()


def test_a_number_that_changed_hands_speaks_for_its_new_owner(
    store: Store, later: Callable[[timedelta], Store]
) -> None:
    store.save_farmers([ZINEB])
    store.add_inbound(text(ZINEB.phone_number, "hers"))
    with later(timedelta(days=1)) as moved:
        moved.save_farmers([ZINEB.model_copy(update={"phone_number": NEW_NUMBER})])
        moved.save_farmers([BRAHIM.model_copy(update={"phone_number": ZINEB.phone_number})])
        moved.add_inbound(text(ZINEB.phone_number, "his", NOW + timedelta(days=2)))
        assert (said(moved, "f1"), said(moved, "f2")) == (["hers"], ["his"])
        # And back again.
        moved.save_farmers([BRAHIM, ZINEB])
        assert moved.farmers_of_number(ZINEB.phone_number) == ("f1",)
        assert verify(moved).intact


def test_the_last_word_on_messages_counts_and_the_no_wins_a_tie(store: Store) -> None:
    store.save_farmers([ZINEB, BRAHIM])
    assert store.consented(NOW) == frozenset()
    word = {"how": "spoken", "by": "Amina (invented)", "wording": "2026-11"}
    assert store.set_consent("f1", given=True, at=NOW, **word)
    assert not store.set_consent("f1", given=True, at=NOW, **word)
    assert store.set_consent("f2", given=True, at=NOW + timedelta(hours=1), **word)
    assert store.consented(NOW) == {"f1"}
    assert store.consented(NOW + timedelta(hours=1)) == {"f1", "f2"}
    stop = NOW + timedelta(days=2)
    assert store.set_consent("f1", given=False, how="sms", by="modem", at=stop)
    # An older word that arrives late takes nothing back.
    assert store.set_consent("f1", given=True, how="written", by="Amina (invented)", at=NOW + timedelta(days=1))
    assert store.consented(stop) == {"f2"}
    assert store.refused(stop) == {"f1"}
    assert store.set_consent("f1", given=True, how="sms", by="modem", at=stop)
    assert store.refused(stop) == {"f1"}
    words = store.consents("f1")
    assert (words[0].given, words[0].how, words[0].by) == (True, "spoken", "Amina (invented)")
    assert len(words) == 4
    assert verify(store).intact


def test_a_word_of_nobody_is_refused(store: Store) -> None:
    with pytest.raises(InputError, match="farmer f9: expected the id of an enrolled person"):
        store.set_consent("f9", given=True, how="sms", by="modem", at=NOW)


def parcel(parcel_id: str, farmer: FarmerReference | None = None) -> Parcel:
    return Parcel(id=parcel_id, crop="wheat", latitude=32, longitude=-6, farmer=farmer)


def test_everybody_tied_to_a_parcel_is_told_in_their_own_language(store: Store) -> None:
    day = date(2026, 5, 2)
    store.save_parcels([parcel("p1", FarmerReference(id="f1", language="en")), parcel("p2"), parcel("p3")])
    store.save_farmers([ZINEB, BRAHIM])
    stands_in = Tie(farmer_id="f2", parcel_id="p1", role="delegate", since=day, until=day)
    store.save_ties([stands_in, Tie(farmer_id="f2", parcel_id="p2", role="owner", since=date(2026, 1, 1))])
    told = {key: [(one.farmer_id, one.language) for one in some] for key, some in store.recipients(day).items()}
    assert told == {"p1": [("f1", "fr"), ("f2", "ar")], "p2": [("f2", "ar")], "p3": []}
    assert store.parcels_of("f2", day) == ("p1", "p2")
    assert store.parcels_of("f2", day + timedelta(days=1)) == ("p2",)
    assert store.untie("f2", "p2", day).until == date(2026, 5, 1)
    assert store.parcels_of("f2", day) == ("p1",)
    with pytest.raises(InputError, match="expected a tie to parcel p3, got none"):
        store.untie("f2", "p3", day)
    store.save_ties([stands_in])
    assert verify(store).intact


def must_be_gone(store: Store, head: str) -> None:
    assert store.farmer("f1") is None
    assert [one.id for one in store.farmers()] == ["f2"]
    assert store.farmers_of_number(ZINEB.phone_number) == ()
    assert (said(store, "f1"), said(store, "f2")) == ([], ["2"])
    assert store.consents("f1") == () == store.looks("f1")
    assert store.consented(NOW + timedelta(days=1)) == frozenset()
    assert store.recipients(NOW.date()) == {"p1": ()}
    report = verify(store, expected=head)
    assert (report.problems, report.intact) == ((), True)


def test_an_erased_person_is_gone_and_the_ledger_still_stands(
    store: Store, keys: PersonalKeys, reopened: Callable[[], Store]
) -> None:
    store.save_parcels([parcel("p1", FarmerReference(id="f1"))])
    store.save_farmers([ZINEB, BRAHIM])
    store.add_inbound(text(ZINEB.phone_number, "1"))
    store.add_inbound(text(BRAHIM.phone_number, "2"))
    store.set_consent("f1", given=True, how="spoken", by="Amina (invented)", at=NOW)
    store.keep_look(Look(farmer_id="f1", what="reveal", by="Amina (invented)", at=NOW))
    head = verify(store).head
    erasure = store.erase_farmer("f1", by="Amina (invented)", why="she asked")
    assert (erasure.versions, erasure.texts, erasure.shared_numbers, erasure.older) == (1, 1, 0, 0)
    with reopened() as fresh:
        must_be_gone(fresh, head)
    must_be_gone(store, head)
    ((whose, _, kept),) = store.erasures()
    assert (whose, kept) == ("f1", erasure)
    with pytest.raises(InputError, match="got one whose data were erased; choose another id"):
        store.save_farmers([ZINEB])
    with pytest.raises(InputError, match="got one that nobody has or that was erased"):
        store.erase_farmer("f1", by="Amina (invented)", why="again")
    store.save_farmers([ZINEB.model_copy(update={"id": "f3"})])
    assert store.farmers_of_number(ZINEB.phone_number) == ("f3",)
    assert said(store, "f3") == []


def test_texts_of_a_shared_number_stay_the_others(store: Store) -> None:
    store.save_farmers([ZINEB, BRAHIM.model_copy(update={"phone_number": ZINEB.phone_number})])
    store.add_inbound(text(ZINEB.phone_number, "1"))
    erasure = store.erase_farmer("f1", by="Amina (invented)", why="she asked")
    assert (erasure.shared_numbers, erasure.texts) == (1, 0)
    assert said(store, "f2") == ["1"]
    assert verify(store).intact


def test_texts_go_month_by_month_when_they_are_no_longer_kept(
    store: Store, later: Callable[[timedelta], Store]
) -> None:
    store.save_farmers([ZINEB])
    store.add_inbound(text(ZINEB.phone_number, "May"))
    store.add_inbound(text("+33612345678", "a stranger"))
    with later(timedelta(days=40)) as june:
        june.add_inbound(text(ZINEB.phone_number, "June", NOW + timedelta(days=40)))
        assert june.purge_texts(NOW + timedelta(days=40), 30, by="night") is None
        purged = june.purge_texts(NOW + timedelta(days=70), 30, by="night")
        assert purged is not None
        assert (purged.texts, purged.cause, len(purged.keys)) == (2, "retention", 2)
        assert said(june, "f1") == ["June"]
        assert june.farmer("f1") == ZINEB
        assert june.purge_texts(NOW + timedelta(days=70), 30, by="night") is None
        assert verify(june).problems == ()


def test_a_key_that_goes_without_a_word_is_named(store: Store) -> None:
    store.save_farmers([ZINEB])
    with store.writing() as writer:
        writer.connection.execute(delete(DATA_KEYS))
    assert any("their key is gone and no erasure says so" in problem for problem in verify(store).problems)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (update(FARMER_STATE).values(phone_index=""), "number of farmer f1"),
        (delete(FARMER_NUMBERS), "number of farmer f1"),
        (update(INBOUND_INDEX).values(phone_index="0" * 64), "sender of inbound modem/"),
        (delete(INBOUND_INDEX), "sender of inbound modem/"),
    ],
)
def test_a_bent_index_is_named(store: Store, change: object, named: str) -> None:
    store.save_farmers([ZINEB])
    store.add_inbound(text(ZINEB.phone_number, "1"))
    assert verify(store).intact
    with store.writing() as writer:
        writer.connection.execute(change)  # type: ignore[call-overload]  # statements of several kinds
    assert [problem for problem in verify(store).problems if problem.startswith(named)]


def test_who_looked_is_remembered(store: Store) -> None:
    store.save_farmers([ZINEB])
    look = Look(farmer_id="f1", what="reveal", by="Amina (invented)", at=NOW)
    store.keep_look(look)
    assert store.looks("f1") == (look,)
    assert store.looks("f2") == ()


def write_old(store: Store, keys: PersonalKeys) -> int:
    """What an installation holds that was made before there were data keys; the place of its one text."""
    with store.writing() as writer:
        plain = ZINEB.model_dump_json(include={"name", "phone_number", "language"})
        index = keys.blind_index(ZINEB.phone_number)
        row = {"farmer_id": "f1", "version": 1, "phone_index": index, "sealed": keys.seal(plain, "farmer/f1/1")}
        (position,) = writer.add("farmer", [row])
        writer.put(FARMER_STATE, [{"farmer_id": "f1", "farmer": position, "phone_index": index}])
        one = text(ZINEB.phone_number, "1", carrier_id="a")
        sealed = keys.seal(one.model_dump_json(), "inbound/modem/a")
        old = {"carrier": "modem", "carrier_id": "a", "phone_index": index, "sealed": sealed, "received_at": NOW}
        (position,) = writer.add("inbound", [old])
        word = {"version": 1, "body": "{}", "sealed": keys.seal('{"by": "Amina", "why": "x"}', "limits/1")}
        writer.add("limits", [word])
        return position


def layout_one(store: Store, keys: PersonalKeys) -> None:
    """The same, with the indexes that a migration makes of it."""
    position, index = write_old(store, keys), keys.blind_index(ZINEB.phone_number)
    with store.writing() as writer:
        writer.put(FARMER_NUMBERS, [{"farmer_id": "f1", "phone_index": index, "since": NOW, "until": None}])
        writer.put(INBOUND_INDEX, [{"inbound": position, "phone_index": index}])


def test_an_installation_of_before_is_taken_over_by_the_migration(empty_url: str, keys: PersonalKeys) -> None:
    engine = open_engine(empty_url)
    with engine.connect() as connection, connection.begin():
        config = schema._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")
    with Store(engine, keys, lambda: NOW) as before:
        write_old(before, keys)
    with Store.open(empty_url, keys, create=True, clock=lambda: NOW) as store:
        assert store.farmer("f1") == ZINEB
        assert store.farmers_of_number(ZINEB.phone_number) == ("f1",)
        assert said(store, "f1") == ["1"]
        assert verify(store).problems == ()
        ring = rotate(store, keys)
    with Store.open(empty_url, ring.without_older(), clock=lambda: NOW) as store:
        assert store.farmer("f1") == ZINEB
        assert said(store, "f1") == ["1"]
        moved = ZINEB.model_copy(update={"phone_number": NEW_NUMBER})
        store.save_farmers([moved])
        assert store.farmer_versions("f1") == (ZINEB, moved)
        assert verify(store).problems == ()


def test_what_was_erased_is_told_so_and_what_was_damaged_is_told_otherwise(store: Store, keys: PersonalKeys) -> None:
    with store.writing() as writer:
        sealed = seal_in(writer, keys, holder="person/f1", at=None, plain="Zineb", record_id="r")
        assert unseal_in(writer.connection, keys, sealed, "r") == "Zineb"
        for damaged in (sealed[:-1] + bytes([sealed[-1] ^ 1]), sealed[:20], b"\x03" + sealed[1:], b""):
            with pytest.raises(IntegrityError, match="personal data of r"):
                unseal_in(writer.connection, keys, damaged, "r")
        with pytest.raises(IntegrityError, match="personal data of other"):
            unseal_in(writer.connection, keys, sealed, "other")
        writer.connection.execute(update(DATA_KEYS).values(period="2026-01"))
        with pytest.raises(IntegrityError, match="personal data of data-key/"):
            unseal_in(writer.connection, keys, sealed, "r")
        writer.connection.execute(delete(DATA_KEYS))
        with pytest.raises(ErasedError, match="erased; nobody can read it again"):
            unseal_in(writer.connection, keys, sealed, "r")


def test_a_damaged_person_keeps_nobody_else_from_being_checked(store: Store, keys: PersonalKeys) -> None:
    store.save_farmers([ZINEB, BRAHIM])
    with store.writing() as writer:
        writer.connection.execute(update(FARMERS).where(FARMERS.c.farmer_id == "f1").values(sealed=b"\x01" + bytes(40)))
        writer.connection.execute(update(FARMER_STATE).where(FARMER_STATE.c.farmer_id == "f2").values(phone_index="0"))
    problems = verify(store).problems
    assert [problem.split(":")[0] for problem in problems] == ["farmer f1/1", "number of farmer f2"]


def test_a_key_file_of_before_a_rotation_is_refused_for_writing(store: Store, url: str, keys: PersonalKeys) -> None:
    store.save_farmers([ZINEB])
    rotate(store, keys)
    with Store.open(url, keys, clock=lambda: NOW) as behind:
        with pytest.raises(ConfigurationError, match="expected generation 2, which this database uses, got up to 1"):
            behind.save_farmers([BRAHIM])
        with pytest.raises(IntegrityError, match="personal data of data-key/"):
            behind.farmer("f1")


def rotate(store: Store, keys: PersonalKeys) -> PersonalKeys:
    ring = keys.rotated()
    store.take_master(ring)
    list(store.wrap_anew(1))
    list(store.seal_anew(1))
    assert store.needs_older() == 0
    return ring


def test_a_rotation_leaves_everything_readable_by_the_new_key_alone(store: Store, url: str, keys: PersonalKeys) -> None:
    layout_one(store, keys)
    store.save_farmers([BRAHIM])
    store.add_inbound(text(BRAHIM.phone_number, "2"))
    head = verify(store).head
    ring = rotate(store, keys)
    assert store.master() == ring.name == "2"
    with Store.open(url, ring.without_older(), clock=lambda: NOW) as alone:
        assert alone.farmer("f1") == ZINEB
        assert alone.farmers_of_number(ZINEB.phone_number) == ("f1",)
        assert (said(alone, "f1"), said(alone, "f2")) == (["1"], ["2"])
        assert verify(alone, expected=head).problems == ()
        alone.erase_farmer("f1", by="Amina (invented)", why="she asked")
        assert alone.farmer("f1") is None
        assert said(alone, "f1") == []
        assert verify(alone, expected=head).problems == ()


def test_half_a_rotation_reads_and_writes_and_goes_on(store: Store, keys: PersonalKeys) -> None:
    store.save_farmers([ZINEB, BRAHIM])
    store.add_inbound(text(ZINEB.phone_number, "1"))
    ring = keys.rotated()
    store.take_master(ring)
    assert next(store.wrap_anew(2)) == 2
    assert store.needs_older() > 0
    store.add_inbound(text(ZINEB.phone_number, "2"))
    store.save_farmers([ZINEB.model_copy(update={"name": "Zineb B (invented)"})])
    assert said(store, "f1") == ["1", "2"]
    assert store.farmers_of_number(ZINEB.phone_number) == ("f1",)
    assert verify(store).problems == ()
    list(store.wrap_anew())
    assert store.needs_older() == 0
    assert said(store, "f1") == ["1", "2"]
    with store.reading() as connection:
        assert set(connection.execute(select(DATA_KEYS.c.master)).scalars()) == {"2"}


def test_a_person_erased_before_the_rotation_does_not_come_back(store: Store, url: str, keys: PersonalKeys) -> None:
    layout_one(store, keys)
    erasure = store.erase_farmer("f1", by="Amina (invented)", why="she asked")
    assert erasure.older > 0
    assert store.farmer("f1") is None
    assert verify(store).problems == ()
    ring = rotate(store, keys)
    with Store.open(url, ring.without_older(), clock=lambda: NOW) as alone:
        assert alone.farmer("f1") is None
        assert said(alone, "f1") == []
        assert verify(alone).problems == ()


def test_no_record_holds_an_index_that_the_master_key_alone_makes(store: Store, keys: PersonalKeys) -> None:
    store.save_farmers([ZINEB])
    store.add_inbound(text(ZINEB.phone_number, "1"))
    made = {keys.blind_index(ZINEB.phone_number)}
    with store.reading() as connection:
        kept = set(connection.execute(select(INBOUND.c.phone_index)).scalars())
    assert not kept & made
    assert json.dumps(sorted(kept))
