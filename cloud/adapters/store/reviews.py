"""What people said of verdicts, and the limits of the judge they put in force: once each, their names sealed."""

import json
from datetime import date
from typing import Any, Final

from sqlalchemy import Row, func, select

from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.database import Database, Writer
from cloud.adapters.store.days import keep_verdicts
from cloud.adapters.store.queueing import must_be_heard_in, queue_in, withdraw_in
from cloud.adapters.store.tables import LIMITS, REVIEWS, VERDICTS
from cloud.adapters.store.vault import STAFF, seal_in, unseal_many
from cloud.errors import InputError
from cloud.messages import TAKEN_BACK, Message
from cloud.records import Verdict
from cloud.review.eyes import same_name
from cloud.review.word import JudgeLimits, Signature, SignedWord, Word

_WITHDRAWN: Final = f"{TAKEN_BACK}an agronomist decided since"


class Reviews(Database):
    """The reviewing side of the store."""

    def reviewer_mark(self, name: str) -> str:
        """Keyed mark of a person who decides, equal for all spellings of the name [64 hex digits]."""
        return self._keys.mark(f"reviewer/{same_name(name)}")

    def keep_word(
        self, word: Word, signature: Signature, *, verdict: Verdict | None, message: Message | None
    ) -> str | None:
        """Keep a word with the verdict and the text that it led to, all or nothing; the name of the text.

        InputError when the verdict it was about has been decided or replaced since. Texts of that verdict that
        nobody has sent yet are withdrawn.
        """
        with self.writing() as writer:
            number = _next_number(writer, word)
            record_id = _record_id(word.parcel_id, word.day, number)
            row = {
                "parcel_id": word.parcel_id,
                "day": word.day,
                "number": number,
                "held": word.held,
                "final": word.final,
                "body": word.model_dump_json(),
                "sealed": _sealed(writer, self._keys, signature, record_id),
            }
            writer.add("review", [row])
            if verdict is None:
                return None
            keep_verdicts(writer, [verdict])
            message_id = None
            if message is not None:
                must_be_heard_in(writer, message)
                digest = verdict.digest()
                message_id = queue_in(writer, self._keys, message, verdict_digest=digest, now=word.decided_at)
            if word.act != "reject":
                withdraw_in(writer, word, but=message_id, reason=_WITHDRAWN)
            return message_id

    def words(self, since: date) -> tuple[SignedWord, ...]:
        """What people said about verdicts of a day and later, oldest first."""
        about = (VERDICTS.c.parcel_id == REVIEWS.c.parcel_id) & (VERDICTS.c.day == REVIEWS.c.day)
        statement = (
            select(REVIEWS, VERDICTS.c.body.label("verdict"))
            .join(VERDICTS, about & (VERDICTS.c.digest == REVIEWS.c.held))
            .where(REVIEWS.c.day >= since)
            .order_by(REVIEWS.c.position, VERDICTS.c.position)
        )
        with self.reading() as connection:
            # A verdict that came back after another one stands twice among the versions of its day.
            rows = {row.position: row for row in connection.execute(statement)}
            pairs = [(row.sealed, _record_id(row.parcel_id, row.day, row.number)) for row in rows.values()]
            signatures = unseal_many(connection, self._keys, pairs)
            return tuple(_signed(row, signature) for row, signature in zip(rows.values(), signatures, strict=True))

    def judge_limits(self) -> JudgeLimits | None:
        """The limits that people put in force last; None where they are as designed."""
        statement = select(LIMITS.c.body).order_by(LIMITS.c.version.desc()).limit(1)
        with self.reading() as connection:
            body = connection.execute(statement).scalar_one_or_none()
            return None if body is None else JudgeLimits.model_validate_json(body)

    def save_judge_limits(self, limits: JudgeLimits, signature: Signature) -> None:
        """Put limits in force; InputError when others were put in force meanwhile."""
        with self.writing() as writer:
            newest = writer.connection.execute(select(func.max(LIMITS.c.version))).scalar_one() or 0
            if limits.version != newest + 1:
                raise InputError(
                    f"limits of the judge: expected a proposal for version {newest + 1}, got one for {limits.version};"
                    " learn again: seguia cloud review learn"
                )
            sealed = _sealed(writer, self._keys, signature, f"limits/{limits.version}")
            writer.add("limits", [{"version": limits.version, "body": limits.model_dump_json(), "sealed": sealed}])


def _next_number(writer: Writer, word: Word) -> int:
    """Number of the next word on a parcel's day; InputError when its verdict no longer waits."""
    of_day = (REVIEWS.c.parcel_id == word.parcel_id) & (REVIEWS.c.day == word.day)
    decided = select(REVIEWS.c.position).where(of_day, REVIEWS.c.held == word.held, REVIEWS.c.final)
    newest = (
        select(VERDICTS.c.digest)
        .where(VERDICTS.c.parcel_id == word.parcel_id, VERDICTS.c.day == word.day)
        .order_by(VERDICTS.c.version.desc())
        .limit(1)
    )
    if writer.connection.execute(decided).first() is not None:
        raise InputError(f"parcel {word.parcel_id}: expected a verdict that waits, got one that was decided already")
    if writer.connection.execute(newest).scalar_one_or_none() != word.held:
        raise InputError(f"parcel {word.parcel_id}: expected the latest verdict, got an older one; look at it again")
    count = writer.connection.execute(select(func.count()).select_from(REVIEWS).where(of_day)).scalar_one()
    return int(count) + 1


def _record_id(parcel_id: str, day: date, number: int) -> str:
    return f"review/{parcel_id}/{day.isoformat()}/{number}"


def _sealed(writer: Writer, keys: PersonalKeys, signature: Signature, record_id: str) -> bytes:
    plain = json.dumps({"by": signature.by, "why": signature.why}, ensure_ascii=False)
    return seal_in(writer, keys, holder=STAFF, at=writer.now, plain=plain, record_id=record_id)


def _signed(row: Row[Any], signature: str | None) -> SignedWord:
    content = {"by": "(erased)", "why": ""} if signature is None else json.loads(signature)
    return SignedWord(
        word=Word.model_validate_json(row.body),
        signature=Signature(by=content["by"], why=content["why"]),
        held=Verdict.model_validate_json(row.verdict),
    )
