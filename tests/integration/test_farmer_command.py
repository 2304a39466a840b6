"""``seguia cloud farmer``: people enrolled, changed, shown masked, exported, forgotten; numbers never on a screen."""

import json
import logging
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cloud.adapters.ledger import verify
from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.people_tables import FARMER_NUMBERS
from cloud.adapters.store.tables import FARMER_STATE
from cloud.commands.cloud import app
from cloud.commands.cloud_farmer import app as farmer_app
from cloud.commands.farmer_keys import replace_secret
from cloud.errors import CloudError, ConfigurationError, InputError
from cloud.messages import Inbound
from tests.office import NUMBER, feature, new_office, queue_now, states, store_of, write_farm
from tests.office import cloud as run

NAME = "Zineb Invented"
OTHER = "+212661234567"


class Said:
    """Everything that any command wrote or raised in a test."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def hear(self, done: Result) -> Result:
        self.words += [done.stdout, done.stderr, str(done.exception)]
        return done


@pytest.fixture
def heard(caplog: pytest.LogCaptureFixture) -> Iterator[Said]:
    """Whatever is said in a test shows neither a number nor a name, whole or grouped."""
    caplog.set_level(logging.DEBUG)
    said = Said()
    yield said
    everything = "\n".join((*said.words, caplog.text)).replace(" ", "")
    for number in (NUMBER, OTHER):
        assert number[4:] not in everything
    assert "Zineb" not in everything


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return new_office(tmp_path)


def people(heard: Said, data: Path, *arguments: object, given: str = "") -> Result:
    words = [str(one) for one in ("farmer", *arguments, "--data", data)]
    return heard.hear(CliRunner().invoke(app, words, input=given))


def enrol(heard: Said, data: Path, farmer_id: str = "f1", number: str = NUMBER, *more: object) -> Result:
    return people(heard, data, "add", "--language", "fr", "--id", farmer_id, *more, given=f"{NAME}\n{number}\n")


def refusal(done: Result) -> str:
    assert isinstance(done.exception, CloudError), (done.exception, done.output)
    return str(done.exception)


def test_a_person_is_enrolled_with_a_recorded_consent(heard: Said, data: Path) -> None:
    done = enrol(heard, data, "f1", "06 12 34 56 78", "--consent", "spoken", "--by", "Amina", "--at", "2026-05-01")
    assert (done.exit_code, done.stdout) == (0, "enrolled: f1, +212*******78, fr\n")
    with store_of(data) as store:
        assert store.consented(datetime.now(UTC)) == {"f1"}
        (word,) = store.consents("f1")
        assert (word.how, word.by, word.wording, word.at.date().isoformat()) == (
            "spoken",
            "Amina",
            "2026-11",
            "2026-05-01",
        )
        kept = store.farmer("f1")
        assert kept is not None
        assert (kept.name, kept.phone_number) == (NAME, NUMBER)


def test_an_id_is_drawn_and_nothing_is_sent_before_they_agree(heard: Said, data: Path) -> None:
    done = people(heard, data, "add", "--language", "ary", given=f"{NAME}\n{NUMBER}\n")
    first, second = done.stdout.splitlines()
    drawn = first.split()[1].strip(",")
    assert drawn.startswith("f-")
    assert second == f"no consent yet, so nothing is sent: seguia cloud farmer consent {drawn} --how spoken"
    assert people(heard, data, "consent", drawn, "--how", "written", "--by", "Amina").exit_code == 0
    with store_of(data) as store:
        assert store.consented(datetime.now(UTC)) == {drawn}


def test_a_person_may_come_from_a_file(heard: Said, data: Path, tmp_path: Path) -> None:
    path = tmp_path / "person.json"
    path.write_text(json.dumps({"name": NAME, "phone_number": NUMBER}), encoding="utf-8")
    assert people(heard, data, "add", "--language", "fr", "--id", "f1", "--person", path).exit_code == 0
    path.write_text("[]", encoding="utf-8")
    done = people(heard, data, "add", "--language", "fr", "--id", "f2", "--person", path)
    assert "expected JSON with name and phone_number" in refusal(done)
    done = people(heard, data, "add", "--language", "fr", "--id", "f2", "--person", tmp_path / "none")
    assert "expected a readable file" in refusal(done)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("0522123456", "expected a mobile number, got a line that receives no SMS"),
        ("not a number", "expected a telephone number such as"),
        ("", "expected a telephone number such as"),
        ("+212 612", "outside every numbering plan"),
        ("0612345", "outside every numbering plan"),
    ],
)
def test_a_number_that_receives_no_text_is_refused(heard: Said, data: Path, number: str, reason: str) -> None:
    done = enrol(heard, data, "f1", number)
    assert reason in refusal(done)
    assert isinstance(done.exception, InputError)
    with store_of(data) as store:
        assert store.farmers() == ()


def test_a_foreign_number_is_taken_and_told(heard: Said, data: Path) -> None:
    done = enrol(heard, data, "f1", "+33 6 12 34 56 78")
    assert done.exit_code == 0
    assert "a number of FR: texts to it leave the country and cost more" in done.stderr


def test_a_number_of_two_people_is_taken_and_told(heard: Said, data: Path) -> None:
    enrol(heard, data, "f1")
    done = enrol(heard, data, "f2")
    assert done.exit_code == 0
    assert "farmer f2: the same number as f1: " in done.stderr
    with store_of(data) as store:
        assert store.farmers_of_number(NUMBER) == ("f1", "f2")


def test_an_id_in_use_a_nameless_person_and_an_unknown_language_are_refused(heard: Said, data: Path) -> None:
    enrol(heard, data)
    assert "expected an id that is free" in refusal(enrol(heard, data))
    done = people(heard, data, "add", "--language", "fr", given=f"\n{NUMBER}\n")
    assert "expected a name, got none" in refusal(done)
    done = people(heard, data, "add", "--language", "de", "--id", "f2", given=f"{NAME}\n{NUMBER}\n")
    assert refusal(done) == "farmer f2: language cannot be used; see: --help"


def test_a_consent_that_cannot_be_enrols_nobody(heard: Said, data: Path) -> None:
    for more, reason in (
        (("--consent", "maybe"), "expected how it was said"),
        (("--consent", "spoken", "--at", "2999-01-01"), "expected a word that was said"),
        (("--consent", "spoken", "--at", "soon"), "expected a day or a time"),
    ):
        assert reason in refusal(enrol(heard, data, "f1", NUMBER, *more))
        with store_of(data) as store:
            assert store.farmers() == ()
    assert enrol(heard, data, "f1", NUMBER, "--consent", "spoken").exit_code == 0


def test_a_file_tells_which_numbers_are_foreign_or_shared(heard: Said, data: Path, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    rows = (f"f1,{NAME},{NUMBER},fr", f"f2,{NAME},{NUMBER},ar", f"f3,{NAME},+33612345678,fr")
    path.write_text("id,name,phone_number,language\n" + "\n".join(rows) + "\n", encoding="utf-8")
    done = heard.hear(run("import", "--data", data, "--farmers", path))
    assert (done.exit_code, done.stdout) == (0, "farmers: 3 of people.csv\n")
    assert "farmer f2: the same number as f1" in done.stderr
    assert "farmer f3: a number of FR: texts to it leave the country" in done.stderr


def test_preferences_are_shown_as_people_say_them(heard: Said, data: Path) -> None:
    enrol(heard, data)
    done = people(heard, data, "prefer", "f1", "--voice", "--market-day", "mardi", "--quiet-from", "21:30")
    assert done.stdout == "f1: voice yes, quiet_from 21:30, market_day tuesday\n"
    shown = people(heard, data, "show", "f1").stdout.splitlines()
    assert {"spoken: none", "voice: yes", "quiet_from: 21:30", "market_day: tuesday"} <= set(shown)


def test_a_person_is_shown_masked_and_every_look_is_remembered(heard: Said, data: Path) -> None:
    enrol(heard, data, "f1", NUMBER, "--consent", "written", "--by", "Amina")
    listed = people(heard, data, "list")
    assert listed.stdout == "f1: Z. I., +212*******78, fr, consent yes, parcels -\n"
    shown = people(heard, data, "show", "f1", "--by", "Amina")
    assert "name: Z. I." in shown.stdout
    assert "agreed (written, wording 2026-11, recorded by Amina)" in shown.stdout
    (one,) = [json.loads(line) for line in people(heard, data, "list", "--json").stdout.splitlines()]
    assert (one["id"], one["phone_number"], one["consent"]) == ("f1", "+212*******78", "yes")
    # In the clear only on demand; not part of what is heard.
    clear = run("farmer", "show", "f1", "--reveal", "--json", "--by", "Brahim", "--data", data)
    assert json.loads(clear.stdout)["phone_number"] == NUMBER
    with store_of(data) as store:
        assert [(look.what, look.by) for look in store.looks("f1")] == [("show", "Amina"), ("reveal", "Brahim")]
        assert [look.what for look in store.looks("*")] == ["list", "list"]
        assert verify(store).problems == ()


def test_nobody_is_nobody(heard: Said, data: Path) -> None:
    assert people(heard, data, "list").stdout == "nobody is enrolled yet: seguia cloud farmer add\n"
    assert people(heard, data, "list", "--json").stdout == ""
    for command in (("show",), ("phone",), ("language",), ("stop",), ("consent", "--how", "spoken"), ("export",)):
        more = {"language": ("fr",), "export": ("--out", data / "x.zip")}.get(command[0], ())
        done = people(heard, data, command[0], "f9", *more, *command[1:], given=f"{NUMBER}\n")
        assert "farmer f9: expected the id of an enrolled person" in refusal(done)


def test_stop_and_start_by_hand(heard: Said, data: Path) -> None:
    enrol(heard, data, "f1", NUMBER, "--consent", "spoken", "--at", "2026-05-01")
    assert people(heard, data, "stop", "f1", "--by", "Amina", "--at", "2026-05-02").exit_code == 0
    with store_of(data) as store:
        assert store.refused(datetime.now(UTC)) == {"f1"}
    assert ", consent stopped," in people(heard, data, "list").stdout
    assert people(heard, data, "start", "f1", "--how", "spoken", "--at", "2026-05-03").exit_code == 0
    assert ", consent yes," in people(heard, data, "list").stdout
    again = people(heard, data, "consent", "f1", "--how", "spoken", "--at", "2026-05-03")
    assert again.stdout == "f1: agreed on 2026-05-03 (kept before)\n"
    ahead = people(heard, data, "consent", "f1", "--how", "spoken", "--at", "2999-05-03")
    assert "expected a word that was said" in refusal(ahead)
    assert "expected how it was said" in refusal(people(heard, data, "stop", "f1", "--how", "telepathy"))
    assert "expected a day or a time" in refusal(people(heard, data, "stop", "f1", "--at", "yesterday"))


def test_a_number_a_language_and_preferences_change(heard: Said, data: Path) -> None:
    enrol(heard, data)
    done = people(heard, data, "phone", "f1", given="0661234567\n")
    assert done.stdout == "f1: +212*******78 -> +212*******67\n"
    assert people(heard, data, "language", "f1", "ary-Latn").stdout == "f1: language ary-Latn\n"
    assert people(heard, data, "language", "f1", "ary-Latn").stdout == "f1: language ary-Latn (as before)\n"
    assert "language cannot be used" in refusal(people(heard, data, "language", "f1", "de"))
    wanted = ("--voice", "--spoken", "tachelhit", "--market-day", "mardi", "--quiet-from", "21:00", "--no-ramadan")
    assert people(heard, data, "prefer", "f1", *wanted).exit_code == 0
    with store_of(data) as store:
        kept = store.farmer("f1")
        assert kept is not None
        assert (kept.phone_number, kept.voice, kept.spoken, kept.market_day) == (OTHER, True, "tachelhit", 1)
        assert (kept.quiet_from.hour, kept.ramadan, kept.friday_prayer) == (21, False, True)
        assert store.farmers_of_number(NUMBER) == ("f1",)
    people(heard, data, "prefer", "f1", "--market-day", "none")
    assert "expected at least one preference" in refusal(people(heard, data, "prefer", "f1"))
    assert "market_day cannot be used" in refusal(people(heard, data, "prefer", "f1", "--market-day", "someday"))


def test_several_people_for_a_parcel_and_several_parcels_for_a_person(heard: Said, data: Path, tmp_path: Path) -> None:
    farm = write_farm(tmp_path / "farm.geojson", feature("one", -6.4), feature("two", -6.39))
    assert run("import", "--data", data, "--parcels", farm).exit_code == 0
    enrol(heard, data)
    enrol(heard, data, "f2", OTHER)
    assert people(heard, data, "tie", "f2", "one", "--role", "owner").exit_code == 0
    until = datetime.now(UTC).date() + timedelta(days=9)
    done = people(heard, data, "delegate", "f2", "two", "--until", until)
    assert done.stdout.endswith(f" until {until}\n")
    first, second = people(heard, data, "list").stdout.splitlines()
    assert first.endswith("parcels one, two")
    assert second.endswith("parcels one, two")
    assert people(heard, data, "untie", "f2", "one").stdout == "f2: told no more about one\n"
    assert people(heard, data, "untie", "f1", "two").stdout == "f1: told no more about two\n"
    first, second = people(heard, data, "list").stdout.splitlines()
    assert (first.rpartition(" ")[2], second.rpartition(" ")[2]) == ("one", "two")
    assert f"delegate of two since {datetime.now(UTC).date()} until {until}" in people(heard, data, "show", "f2").stdout
    assert "expected the id of a parcel" in refusal(people(heard, data, "tie", "f1", "nine"))
    assert "expected a tie to parcel nine" in refusal(people(heard, data, "untie", "f1", "nine"))
    late = people(heard, data, "delegate", "f1", "one", "--until", "2020-01-01")
    assert "must not be before since" in refusal(late)
    assert "'owner', 'worker' or 'delegate'" in refusal(people(heard, data, "tie", "f1", "one", "--role", "king"))


def inbound(data: Path, text: str, *, days_ago: int = 0) -> None:
    at = datetime.now(UTC) - timedelta(days=days_ago)
    with store_of(data) as store:
        store.add_inbound(Inbound(carrier="modem", carrier_id=text, phone_number=NUMBER, text=text, received_at=at))


def test_a_person_gets_a_copy_of_everything(heard: Said, data: Path, tmp_path: Path) -> None:
    enrol(heard, data, "f1", NUMBER, "--consent", "spoken", "--by", "Amina")
    queue_now(data)
    inbound(data, "1")
    out = tmp_path / "copy.zip"
    done = people(heard, data, "export", "f1", "--out", out, "--by", "Brahim")
    assert done.stdout == f"f1: {out}, 1 messages to and 1 from this person\n"
    assert out.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(out) as parts:
        content = json.loads(parts.read("data.json"))
        text = parts.read("lisez-moi_read-me.txt").decode()
    assert content["person"]["phone_number"] == NUMBER
    assert [one["text"] for one in content["messages_from_you"]] == ["1"]
    assert content["messages_to_you"][0]["text"] == "Field 0: irrigate 2 h"
    assert content["who_looked"][-1]["by"] == "Brahim"
    assert len(content["versions"]) == 2
    assert "oui / yes (spoken, 2026-11, Amina)" in text
    assert "Field 0: irrigate 2 h" in text
    again = people(heard, data, "export", "f1", "--out", out)
    assert "never overwritten" in refusal(again)


def test_a_person_is_forgotten_and_the_audit_stays_green(heard: Said, data: Path) -> None:
    enrol(heard, data, "f1", NUMBER, "--consent", "spoken")
    queue_now(data)
    inbound(data, "1")
    wrong = people(heard, data, "erase", "f1", "--why", "asked", "--confirm", "f2")
    assert "nothing was erased" in refusal(wrong)
    assert isinstance(wrong.exception, ConfigurationError)
    done = people(heard, data, "erase", "f1", "--why", "asked on paper", "--confirm", "f1", "--by", "Amina")
    assert done.stdout == "f1: erased, 3 keys destroyed, 2 versions of the person, 1 texts\n"
    assert "backups made before today" in done.stderr
    assert states(data) == ["halted"]
    assert run("send", "--data", data).stdout.startswith("accepted 0,")
    audit = run("audit", "verify", "--data", data)
    assert (audit.exit_code, json.loads(audit.stdout)["intact"]) == (0, True)
    for path in (*data.glob("seguia.db*"), *(data / "spool").glob("*")):
        content = path.read_bytes()
        assert NUMBER.encode() not in content
        assert NAME.encode() not in content
    assert people(heard, data, "list").stdout == "nobody is enrolled yet: seguia cloud farmer add\n"
    assert "expected the id of an enrolled person" in refusal(people(heard, data, "show", "f1"))
    assert "choose another id" in refusal(enrol(heard, data))


def test_old_texts_are_purged_and_young_ones_stay(heard: Said, data: Path) -> None:
    enrol(heard, data)
    inbound(data, "1")
    assert people(heard, data, "purge").stdout.endswith(" on stay: nothing was older\n")
    assert people(heard, data, "purge", "--keep-days", "7").exit_code == 2


def test_what_leaves_the_country_is_told_by_carrier(heard: Said, data: Path) -> None:
    enrol(heard, data)
    quiet = people(heard, data, "sovereignty", "--from", "2026-01-01", "--to", "2026-01-31")
    assert "2026-01-01 to 2026-01-31: a carrier is given the number and the text" in quiet.stdout
    assert "nothing was handed to any carrier" in quiet.stdout
    queue_now(data, count=2)
    run("send", "--data", data)
    inbound(data, "1")
    report = json.loads(people(heard, data, "sovereignty", "--json").stdout)
    found = {
        one["carrier"]: (one["handed"], one["people"], one["received"], one["abroad"]) for one in report["carriers"]
    }
    assert found == {"spool": (2, 1, 0, False), "modem": (0, 0, 1, False)}
    assert report["leaves"] == ["telephone number", "text of the message"]
    assert "spool: 2 messages of 1 people" in people(heard, data, "sovereignty").stdout
    wrong = people(heard, data, "sovereignty", "--from", "2026-02-01", "--to", "2026-01-31")
    assert "expected a day before --to" in refusal(wrong)


def test_forms_are_filled_with_the_facts_and_marked_as_drafts(heard: Said, data: Path, tmp_path: Path) -> None:
    enrol(heard, data, "f1", NUMBER, "--consent", "spoken")
    done = people(heard, data, "forms", "--out", tmp_path / "forms")
    assert "have them read by counsel" in done.stderr
    texts = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "forms").iterdir()}
    assert set(texts) == {"declaration_cndp_fr.md", "consentement_fr.md", "consentement_ar.md"}
    declaration = texts["declaration_cndp_fr.md"]
    assert "1 personnes enregistrées, dont 1 ayant un" in declaration
    assert "« office »" in declaration
    assert "____________________" in declaration
    assert all("$" not in text for text in texts.values())
    assert "PROJET" in texts["consentement_fr.md"]
    assert "مسودة" in texts["consentement_ar.md"]
    assert "never overwritten" in refusal(people(heard, data, "forms", "--out", tmp_path / "forms"))


def test_keys_are_rotated_by_command_and_older_ones_forgotten(heard: Said, data: Path) -> None:
    enrol(heard, data)
    inbound(data, "1")
    keys = data / "keys" / "personal.json"
    before = keys.read_text()
    done = people(heard, data, "rotate-keys")
    assert done.stdout.startswith("generation 2 in force: 3 data keys wrapped anew, 0 older records sealed anew\n")
    assert keys.stat().st_mode & 0o777 == 0o600
    content = json.loads(keys.read_text())
    assert (content["current"], sorted(content["keys"])) == ("2", ["1", "2"])
    # The keys of before still begin, since the file is read again; and the command may be called again.
    people(heard, data, "rotate-keys", "--forget-older")
    assert sorted(json.loads(keys.read_text())["keys"]) == ["2"]
    with store_of(data) as store:
        kept = store.farmer("f1")
        assert kept is not None
        assert [one.text for one in store.inbound_of("f1")] == ["1"]
        assert verify(store).problems == ()
    keys.write_text(before)
    for more in ((), ("--forget-older",)):
        assert "expected generation 2 of the keys" in refusal(people(heard, data, "rotate-keys", *more))


def finding(data: Path) -> dict[str, str]:
    found = [json.loads(line) for line in run("check", "--json", "--data", data).stdout.splitlines()]
    return next(one for one in found if one["name"] == "people")


def test_the_check_tells_who_is_enrolled_and_whether_a_rotation_stopped(heard: Said, data: Path) -> None:
    assert (finding(data)["state"], finding(data)["text"]) == ("note", "none enrolled")
    enrol(heard, data)
    assert finding(data)["text"] == "1 enrolled, 1 without consent: nothing live is sent to them"
    people(heard, data, "consent", "f1", "--how", "written")
    assert (finding(data)["state"], finding(data)["text"]) == ("ok", "1 enrolled")
    path = data / "keys" / "personal.json"
    replace_secret(path, PersonalKeys.read(path).rotated().text())
    assert finding(data)["state"] == "bad"
    assert "run: seguia cloud farmer rotate-keys" in finding(data)["text"]
    people(heard, data, "rotate-keys")
    assert finding(data)["state"] == "ok"


def test_a_file_of_people_brings_their_preferences_and_consents(heard: Said, data: Path, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    head = "id,name,phone_number,language,market_day,consent_how,consent_by,consent_at\n"
    rows = f"f1,{NAME},{NUMBER},fr,tuesday,written,Amina,2026-05-01\n"
    rows += f"f2,{NAME},+212522123456,fr,,spoken,Amina,2026-05-01\n"
    path.write_text(head + rows, encoding="utf-8")
    done = heard.hear(run("import", "--data", data, "--farmers", path))
    assert (done.exit_code, done.stdout) == (1, "farmers: 1 of people.csv\nconsents: 1 of people.csv\n")
    assert "expected a mobile number, got a line that receives no SMS" in done.stderr
    assert "farmer f2: expected the id of an enrolled person" in done.stderr
    # The old four columns again: what they do not say stays.
    path.write_text(f"id,name,phone_number,language\nf1,{NAME},{OTHER},ar\n", encoding="utf-8")
    assert heard.hear(run("import", "--data", data, "--farmers", path)).exit_code == 0
    with store_of(data) as store:
        kept = store.farmer("f1")
        assert kept is not None
        assert (kept.language, kept.phone_number, kept.market_day) == ("ar", OTHER, 1)
        assert store.consented(datetime.now(UTC)) == {"f1"}


def first_words(data: Path) -> list[tuple[str | None, str, str]]:
    with store_of(data) as store:
        return [(one.message.farmer_id, one.message.kind, one.message.text) for one in reversed(store.message_log())]


def test_whoever_agrees_is_told_once_who_writes_and_how_to_stop(heard: Said, data: Path, tmp_path: Path) -> None:
    farm = write_farm(tmp_path / "farm.geojson", feature("one", -6.4), feature("two", -6.39, "f2"))
    assert run("import", "--data", data, "--parcels", farm).exit_code == 0
    enrol(heard, data)
    assert first_words(data) == []
    people(heard, data, "consent", "f1", "--how", "spoken", "--by", "Amina")
    ((whose, kind, text),) = first_words(data)
    assert (whose, kind) == ("f1", "welcome")
    assert "STOP" in text
    # Once only, also after a pause; and those of a file by command.
    people(heard, data, "stop", "f1")
    people(heard, data, "start", "f1")
    path = tmp_path / "people.csv"
    head = "id,name,phone_number,language,consent_how,consent_by,consent_at\n"
    path.write_text(f"{head}f2,{NAME},{OTHER},fr,written,Amina,2026-05-01\n", encoding="utf-8")
    assert run("import", "--data", data, "--farmers", path).exit_code == 0
    assert people(heard, data, "welcome").stdout == "welcomed: 1\n"
    assert people(heard, data, "welcome").stdout == "welcomed: 0\n"
    assert [(whose, kind) for whose, kind, _ in first_words(data)] == [("f1", "welcome"), ("f2", "welcome")]


def test_what_an_erasure_leaves_behind_is_told(heard: Said, data: Path) -> None:
    with store_of(data) as store:
        keys = PersonalKeys.read(data / "keys" / "personal.json")
        sealed = keys.seal(json.dumps({"name": NAME, "phone_number": NUMBER}), "farmer/f1/1")
        index = keys.blind_index(NUMBER)
        with store.writing() as writer:
            # As an installation kept people before there were data keys.
            row = {"farmer_id": "f1", "version": 1, "phone_index": index, "sealed": sealed}
            (position,) = writer.add("farmer", [row])
            writer.put(FARMER_STATE, [{"farmer_id": "f1", "farmer": position, "phone_index": index}])
            held = {"farmer_id": "f1", "phone_index": index, "since": datetime.now(UTC), "until": None}
            writer.put(FARMER_NUMBERS, [held])
    enrol(heard, data, "f2")
    done = people(heard, data, "erase", "f1", "--why", "asked", "--confirm", "f1")
    assert done.exit_code == 0
    backups, texts, shared, older = done.stderr.splitlines()
    assert "backups made before today still hold the keys" in backups
    assert "the advice that was sent stays as proof" in texts
    assert "a number that somebody else has too was kept" in shared
    assert "1 records were sealed before there were data keys" in older
    assert people(heard, data, "rotate-keys").exit_code == 0
    assert people(heard, data, "rotate-keys", "--forget-older").exit_code == 0
    with store_of(data) as store:
        assert [one.id for one in store.farmers()] == ["f2"]
        assert store.farmers_of_number(NUMBER) == ("f2",)
        assert verify(store).problems == ()


def test_older_keys_are_not_forgotten_while_something_needs_them(heard: Said, data: Path) -> None:
    enrol(heard, data)
    path = data / "keys" / "personal.json"
    replace_secret(path, PersonalKeys.read(path).rotated().text())
    assert "expected a rotation that is done" in refusal(people(heard, data, "rotate-keys", "--forget-older"))
    assert sorted(json.loads(path.read_text())["keys"]) == ["1", "2"]


@pytest.mark.parametrize("command", ["export", "forms"])
def test_a_place_that_cannot_be_written_is_told(heard: Said, data: Path, tmp_path: Path, command: str) -> None:
    enrol(heard, data)
    (tmp_path / "file").write_text("in the way")
    out = tmp_path / "file" / "below"
    more = ("f1",) if command == "export" else ()
    assert "cannot be written" in refusal(people(heard, data, command, *more, "--out", out))


def test_an_empty_installation_rotates_and_reports_too(heard: Said, data: Path) -> None:
    assert people(heard, data, "rotate-keys").stdout.startswith("generation 2 in force: 0 data keys wrapped anew, 0")
    assert people(heard, data, "rotate-keys").stdout.startswith("generation 3 in force: 0 data keys wrapped anew, 0")
    people(heard, data, "rotate-keys", "--forget-older")
    assert enrol(heard, data).exit_code == 0
    with store_of(data) as store:
        assert store.farmers_of_number(NUMBER) == ("f1",)
        assert store.master() == "3"


def test_every_command_shows_how_it_is_called() -> None:
    commands = {one.name or one.callback.__name__ for one in farmer_app.registered_commands if one.callback}
    assert {"add", "erase", "rotate-keys"} <= commands
    for command in sorted(commands):
        told = run("farmer", command, "--help")
        assert told.exit_code == 0
        assert f"Example: seguia cloud farmer {command}" in " ".join(told.output.split())
