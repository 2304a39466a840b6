"""Tables of the gateway's file, and the steps by which an older file becomes one of today."""

from typing import Final

# One statement list for the queue and for what the gateway remembers, so that both commit together.
_FIRST: Final = """
CREATE TABLE outbox (
    sequence INTEGER PRIMARY KEY, boot TEXT NOT NULL, kind TEXT NOT NULL, priority INTEGER NOT NULL,
    subject TEXT NOT NULL, made_at INTEGER NOT NULL, payload BLOB NOT NULL) STRICT;
CREATE INDEX outbox_order ON outbox (priority, sequence);
CREATE INDEX outbox_subject ON outbox (subject, sequence);
CREATE TABLE total (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
INSERT INTO total VALUES ('last_sequence', 0), ('queued_bytes', 0), ('queued', 0);
CREATE TRIGGER outbox_in AFTER INSERT ON outbox BEGIN
    UPDATE total SET value = value + length(new.payload) WHERE name = 'queued_bytes';
    UPDATE total SET value = value + 1 WHERE name = 'queued'; END;
CREATE TRIGGER outbox_out AFTER DELETE ON outbox BEGIN
    UPDATE total SET value = value - length(old.payload) WHERE name = 'queued_bytes';
    UPDATE total SET value = value - 1 WHERE name = 'queued'; END;
CREATE TABLE seen (
    path TEXT NOT NULL, sha256 TEXT NOT NULL, size INTEGER NOT NULL, modified_ns INTEGER NOT NULL,
    outcome TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (path, sha256)) STRICT;
CREATE TABLE attempt (path TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT;
CREATE TABLE parcel (parcel_id TEXT PRIMARY KEY, stressed INTEGER NOT NULL) STRICT;
CREATE TABLE counter (name TEXT PRIMARY KEY, value REAL NOT NULL) STRICT;
CREATE TABLE traffic (day TEXT PRIMARY KEY, bytes INTEGER NOT NULL) STRICT;
CREATE TABLE remembered (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""
# A release that is taken back reads what a later one only added to: least_reader says from which version on.
_SECOND: Final = """
ALTER TABLE outbox ADD COLUMN crc INTEGER;
ALTER TABLE outbox ADD COLUMN expires_at INTEGER;
ALTER TABLE outbox ADD COLUMN held_boot TEXT;
ALTER TABLE outbox ADD COLUMN held_s REAL;
UPDATE outbox SET priority = 3 WHERE priority = 2;
CREATE INDEX outbox_expiry ON outbox (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX outbox_held ON outbox (held_boot) WHERE held_boot IS NOT NULL;
CREATE TRIGGER outbox_changed AFTER UPDATE OF payload ON outbox BEGIN
    UPDATE total SET value = value + length(new.payload) - length(old.payload) WHERE name = 'queued_bytes'; END;
CREATE TABLE spoiled (
    boot TEXT NOT NULL, sequence INTEGER NOT NULL, kind TEXT NOT NULL, payload BLOB NOT NULL,
    PRIMARY KEY (boot, sequence)) STRICT;
INSERT OR REPLACE INTO remembered VALUES ('least_reader', '2');
"""
STEPS: Final = (_FIRST, _SECOND)
SCHEMA_VERSION: Final = len(STEPS)
PRAGMAS: Final = (
    "PRAGMA auto_vacuum = INCREMENTAL",
    "PRAGMA busy_timeout = 5000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA wal_autocheckpoint = 256",
    "PRAGMA journal_size_limit = 1048576",
)
