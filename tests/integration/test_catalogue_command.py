"""A language on its way to go live: exported, corrected, checked, tried on invented people, signed and revoked."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import polib
import pytest
from typer.testing import Result

from cloud.adapters.ledger import verify
from cloud.adapters.sms.carriers import carriers_of
from cloud.commands.catalogue_desk import words_of
from cloud.commands.cloud_send import sender_of
from cloud.commands.voice import voice_of
from cloud.config import read_config
from cloud.errors import CloudError
from cloud.messages import Farmer
from cloud.records import Language
from cloud.speech.catalogue import packaged_source
from cloud.speech.render import compose
from tests.office import NUMBER, change, cloud, new_office, store_of
from tests.spoken import verdict


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = new_office(tmp_path)
    own = folder / "words"
    own.mkdir()
    change(folder, "[sms]\n", '[sms]\ncatalogues_dir = "words"\n')
    return folder


def done(*arguments: object) -> Result:
    result = cloud("catalogue", *arguments)
    assert result.exit_code == 0, (result.output, result.exception)
    return result


def refused(*arguments: object) -> str:
    result = cloud("catalogue", *arguments)
    assert result.exit_code == 1
    if result.exception is None or isinstance(result.exception, SystemExit):
        return result.stderr
    assert isinstance(result.exception, CloudError)
    return str(result.exception)


def signed_off(language: Language) -> str:
    """The packaged words as a native agronomist would hand them back."""
    source = packaged_source(language).replace("#, fuzzy\n", "")
    return source.replace("\nmsgid ", "\n# back-translation: as the English\nmsgid ")


def reworded(language: Language) -> str:
    """The same words, but for one sentence that is said as another one."""
    entries = polib.pofile(signed_off(language))
    words = {entry.msgid: entry for entry in entries}
    words["reason.season_over"].msgstr = words["reason.not_planted"].msgstr
    return str(entries)


def install(data: Path, language: Language, source: str | None = None) -> None:
    (data / "words" / f"{language}.po").write_text(source or signed_off(language), encoding="utf-8")


def sheet_rows(data: Path, language: Language) -> list[dict[str, str]]:
    folder = data / f"kit-{len(list(data.glob('kit-*')))}"
    done("kit", language, "--out", folder, "--day", "2026-09-22", "--data", data)
    return list(csv.DictReader(io.StringIO((folder / "sheet.csv").read_text(encoding="utf-8-sig"))))


def filled(rows: list[dict[str, str]], right: str = "1") -> list[dict[str, str]]:
    for row in rows:
        person = int(row["respondent"][1:])
        row |= {"interviewer": "A", "literacy": ("none", "little", "well")[person % 3]}
        row |= {name: right for name in ("act", "when", "how_much") if row[name] == ""}
    return rows


def write(path: Path, rows: list[dict[str, str]], delimiter: str = ",", encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


def sign(data: Path, *more: object, name: str = "Amal Invented", language: Language = "ary") -> tuple[object, ...]:
    return ("sign", language, "--name", name, "--role", "native agronomist", "--data", data, *more)


def standing(data: Path, language: Language = "ary") -> dict[str, object]:
    lines = [json.loads(line) for line in done("list", "--json", "--data", data).stdout.splitlines()]
    found: dict[str, object] = next(line for line in lines if line["language"] == language)
    return found


def test_an_export_is_read_again_as_the_same_words_and_is_never_overwritten(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "ary.po"
    done("export", "ary", "--out", out, "--data", data)
    text = out.read_text(encoding="utf-8")
    assert "#. English: {parcel}: do NOT irrigate on {day}." in text
    assert "#. Example: " in text
    assert "# back-translation:" in text
    install(data, "ary", text)
    assert words_of(read_config(data / "seguia-cloud.toml"), "ary").digest in json.dumps(standing(data))
    assert "expected a new file, got one that is there" in refused("export", "ary", "--out", out, "--data", data)


def test_a_draft_is_named_as_such_and_a_signed_off_one_passes(data: Path, tmp_path: Path) -> None:
    told = refused("check", "ary", "--data", data)
    assert "entries are marked fuzzy" in told
    assert "entries say not what they mean" in told
    good = tmp_path / "good.po"
    good.write_text(signed_off("ary"), encoding="utf-8")
    assert "put it into sms.catalogues_dir as ary.po" in done("check", "ary", good, "--data", data).stdout
    install(data, "ary")
    assert "every text can be told and read back" in done("check", "ary", "--data", data).stdout
    assert "every text" in done("check", "en", "--data", data).stdout


def test_a_language_goes_live_by_a_score_and_a_signature(data: Path) -> None:
    install(data, "ary")
    path = write(data / "sheet.csv", filled(sheet_rows(data, "ary")))
    result = done("score", "ary", path, "--data", data)
    assert "enough to sign" in result.stdout
    # A column of names, none run into its figure.
    lines = result.stdout.splitlines()
    assert {line[12] for line in lines if line.startswith(("all ", "act ", "card ", "reads "))} == {" "}
    assert standing(data)["text"] == "nobody has signed it"
    assert "may go live" in done(*sign(data, "--sheet", path)).stdout
    found = standing(data)
    assert found["live"] is True
    assert "100 % understood" in str(found["text"])
    with store_of(data) as store:
        assert store.signed_catalogues() == {"ary": found["catalogue_sha256"]}
        assert verify(store).intact
    assert "Amal" not in done("list", "--data", data).stdout


def test_one_changed_word_is_unsigned_again_until_it_is_as_it_was(data: Path) -> None:
    install(data, "ary")
    done(*sign(data, "--despite", "tried in the meeting of the canal"))
    install(data, "ary", reworded("ary"))
    found = standing(data)
    assert found["live"] is False
    assert "its words changed since they were signed" in str(found["text"])
    with store_of(data) as store:
        assert store.signed_catalogues()["ary"] != found["catalogue_sha256"]
    install(data, "ary")
    assert standing(data)["live"] is True


def test_a_revocation_stops_a_language_at_once(data: Path) -> None:
    install(data, "ary")
    done(*sign(data, "--despite", "tried in the meeting"))
    who = ("--name", "Karim Invented", "--role", "operator", "--data", data)
    done("revoke", "ary", *who, "--why", "the rain card was misread")
    assert standing(data)["live"] is False
    assert "revoked on" in str(standing(data)["text"])
    with store_of(data) as store:
        assert store.signed_catalogues() == {}
    assert "expected a signature to revoke, got none" in refused("revoke", "ary", *who, "--why", "again")
    done(*sign(data, "--despite", "tried again"))
    assert standing(data)["live"] is True


def test_two_signatures_are_of_two_people(data: Path) -> None:
    change(data, "catalogue_signatures = 1", "catalogue_signatures = 2")
    install(data, "ary")
    assert "a second must sign" in done(*sign(data, "--despite", "tried")).stdout
    assert "a second must sign" in done(*sign(data, "--despite", "tried", name="AMAL invented")).stdout
    assert "a second must" in str(standing(data)["text"])
    assert "may go live" in done(*sign(data, "--despite", "tried", name="Karim Invented")).stdout
    assert standing(data)["live"] is True


def test_words_with_a_fault_cannot_be_signed_whatever_the_reason(data: Path) -> None:
    assert "expected words without a fault" in refused(*sign(data, "--despite", "the season has begun"))
    install(data, "ary", signed_off("ary").replace("{volume}", "{depth}"))
    assert "expected words without a fault" in refused(*sign(data, "--despite", "the season has begun"))


def test_a_score_too_low_needs_a_reason(data: Path) -> None:
    install(data, "ary")
    rows = filled(sheet_rows(data, "ary"))
    for row in rows[:90]:
        row["act"] = "x" if row["card"] == "4" else "0"
    path = write(data / "sheet.csv", rows)
    told = refused(*sign(data, "--sheet", path))
    assert "expected a score that is enough" in told
    assert "80% is asked" in told
    assert refused(*sign(data)).startswith("catalogue ary: expected a filled scoring sheet, got none")
    done(*sign(data, "--sheet", path, "--despite", "half the cards are new; asked again in May"))
    assert "below what is asked" in str(standing(data)["text"])


@pytest.mark.parametrize(("delimiter", "encoding"), [(";", "utf-8-sig"), (";", "utf-8"), ("\t", "utf-8-sig")])
def test_a_sheet_as_a_spreadsheet_leaves_it_is_read(data: Path, delimiter: str, encoding: str) -> None:
    install(data, "fr")
    rows = filled(sheet_rows(data, "fr"), right="\u0661")
    path = write(data / "sheet.csv", rows, delimiter, encoding)
    found = json.loads(done("score", "fr", path, "--data", data, "--json").stdout)
    assert found["enough"] is True
    assert found["total"]["value"] == 1.0
    assert found["total"]["people"] == 20
    assert set(found["literacy"]) == {"none", "little", "well"}


def test_rows_to_correct_are_named_and_the_others_count(data: Path) -> None:
    install(data, "fr")
    rows = filled(sheet_rows(data, "fr"))
    rows[0]["act"] = "3"
    rows[1]["card"] = "12"
    result = cloud("catalogue", "score", "fr", write(data / "sheet.csv", rows), "--data", data)
    assert result.exit_code == 1
    assert "sheet.csv line 2: act: expected 1 (right), 0 (not) or x" in result.stderr
    assert "sheet.csv line 3: card: expected a number from 1 to 10, got '12'" in result.stderr
    assert "respondent r01: expected 10 cards, got 8" in result.stderr
    assert "the sheet has 3 rows or people to correct" in result.stdout


def test_two_interviewers_are_told_how_far_they_agree(data: Path) -> None:
    install(data, "fr")
    rows = filled(sheet_rows(data, "fr"))
    again = [dict(row, interviewer="B", when="0") for row in rows[:10]]
    result = done("score", "fr", write(data / "sheet.csv", [*rows, *again]), "--data", data)
    assert "two interviewers agree on 58% of 24 marks" in result.stdout
    assert "interviewer b" in result.stdout


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "expected a header line and rows, got an empty file"),
        (b"\xff\xfe\x00", "expected text in UTF-8, got other bytes"),
        (b"a,b\n1,2\n", "expected the columns words, interviewer"),
        (b"words,interviewer,respondent,literacy,card,act,when,how_much,note\n", "expected at least one answer"),
    ],
)
def test_a_sheet_that_cannot_be_used_is_told_in_one_line(data: Path, content: bytes, told: str) -> None:
    path = data / "sheet.csv"
    path.write_bytes(content)
    assert told in refused("score", "fr", path, "--data", data)
    assert "expected a readable file" in refused("score", "fr", data / "none.csv", "--data", data)


def test_a_sheet_for_other_words_is_refused(data: Path) -> None:
    install(data, "fr")
    path = write(data / "sheet.csv", filled(sheet_rows(data, "fr")))
    install(data, "fr", reworded("fr"))
    told = refused("score", "fr", path, "--data", data)
    assert "expected at least one answer that can be used, got none" in told
    assert "the words now in use" in told


def test_what_a_kit_holds(data: Path) -> None:
    folder = data / "kit"
    done("kit", "ary", "--out", folder, "--day", "2026-09-22", "--data", data)
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "README.md",
        "LISEZMOI.md",
        "script.en.md",
        "script.fr.md",
        "consent.en-fr.md",
        "cards.html",
        "voice.html",
        "sheet.csv",
    }
    cards = (folder / "cards.html").read_text(encoding="utf-8")
    assert cards.count("<section>") == 10
    assert 'lang="ary" dir="rtl"' in cards
    assert "22/09" in cards
    assert "http" not in cards
    script = (folder / "script.fr.md").read_text(encoding="utf-8")
    assert "irriguez" in script
    assert "${" not in "".join(path.read_text(encoding="utf-8") for path in folder.iterdir())
    assert "expected a new file" in refused("kit", "ary", "--out", folder, "--data", data)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("check", "xx"), "language: expected one of fr, en"),
        (("check", "ary", "nowhere.po"), "expected a readable file"),
        (("sign", "en", "--name", "0612345678", "--role", "a", "--despite", "b"), "got a telephone number"),
        (("sign", "en", "--name", "!", "--role", "a", "--despite", "b"), "--name: expected a name"),
        (("sign", "en", "--name", "Amal", "--role", " ", "--despite", "b"), "--role: expected up to 80 characters"),
        (("sign", "en", "--name", "Amal", "--role", "a", "--despite", " "), "--despite: expected a reason"),
        (("sign", "en", "--name", "Amal", "--role", "a", "--despite", "+212 612 34 56 78"), "without a telephone"),
    ],
)
def test_what_cannot_be_meant_is_refused(data: Path, arguments: tuple[str, ...], told: str) -> None:
    assert told in refused(*arguments, "--data", data)


def test_a_folder_of_words_that_cannot_be_used_is_a_matter_of_configuration(data: Path) -> None:
    (data / "words" / "xx.po").write_text("msgid", encoding="utf-8")
    result = cloud("catalogue", "list", "--data", data)
    assert "expected a name among fr.po" in str(result.exception)
    (data / "words" / "xx.po").unlink()
    install(data, "fr", 'msgid "a\n')
    result = cloud("catalogue", "list", "--data", data)
    assert "expected a gettext catalogue, got" in str(result.exception)
    change(data, 'catalogues_dir = "words"', 'catalogues_dir = "nowhere"')
    result = cloud("catalogue", "list", "--data", data)
    assert "expected a folder, got No such file" in str(result.exception)


def test_the_doctor_tells_which_languages_may_go_live(data: Path) -> None:
    def told() -> dict[str, object]:
        lines = [json.loads(line) for line in cloud("check", "--json", "--data", data).stdout.splitlines()]
        found: dict[str, object] = next(line for line in lines if line["name"] == "words")
        return found

    assert told()["state"] == "note"
    install(data, "ary")
    done(*sign(data, "--despite", "tried"))
    assert told()["state"] == "ok"
    assert "may go live: ary; not: fr: nobody has signed it" in str(told()["text"])


def test_the_doctor_of_a_live_carrier_asks_for_a_signature(data: Path) -> None:
    change(data, 'carrier = "spool" ', 'carrier = "africastalking"\nusername = "a"\n#')
    result = cloud("check", "--data", data)
    assert "expected words that somebody signed, got none, so nothing would be sent" in result.stderr


def test_the_operators_words_are_what_the_night_speaks_with(data: Path) -> None:
    install(data, "fr", signed_off("fr").replace("irriguez", "arrosez"))
    voice = voice_of(read_config(data / "seguia-cloud.toml"))
    message = compose(verdict(), language="fr", voice=voice).message
    assert "arrosez" in message.text
    assert message.reviewed
    assert message.catalogue_sha256 == voice.wording.catalogue("fr").digest


def test_a_text_reaches_a_telephone_only_in_words_that_somebody_signed(data: Path) -> None:
    """From the words to the sender's own rules: signed, changed, signed anew, revoked."""
    now = datetime.now(UTC)

    def refusal(source: str | None = None) -> str | None:
        install(data, "fr", source)
        config = read_config(data / "seguia-cloud.toml")
        message = compose(verdict(), language="fr", farmer_id="f1", voice=voice_of(config)).message
        with store_of(data) as store:
            policy = sender_of(store, config, carriers_of(config), lambda: now).policy
        found = policy.refusal(message, live=True)
        return None if found is None else found.why

    with store_of(data) as store:
        store.save_farmers([Farmer(id="f1", name="Aicha", phone_number=NUMBER, language="fr")])
        store.set_consent("f1", given=True, how="spoken", by="an invented operator", at=now)
    assert refusal() == "unsigned"
    done(*sign(data, "--despite", "tried in the meeting", language="fr"))
    assert refusal() is None
    other = reworded("fr")
    assert refusal(other) == "unsigned"
    done(*sign(data, "--despite", "tried again", language="fr"))
    assert refusal(other) is None
    assert refusal() == "unsigned"  # the older words, though they were signed once
    who = ("--name", "Karim Invented", "--role", "operator", "--data", data)
    done("revoke", "fr", *who, "--why", "the rain card was misread")
    assert refusal(other) == "unsigned"
