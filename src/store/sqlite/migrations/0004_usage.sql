-- How much somebody calls (voice/usage.h): one row for the account, each key, each group, each identity. A row is read
-- and written when a call is admitted and when it ends; nothing is ever counted by looking at calls. The row of the
-- account is the one on which admissions wait for each other: it is read and written first by all of them.
CREATE TABLE usage (
    account_sid TEXT NOT NULL CHECK (length(account_sid) <= 64),
    counter     TEXT NOT NULL CHECK (length(counter) BETWEEN 1 AND 16),
    name        TEXT NOT NULL,
    at_once     INTEGER NOT NULL CHECK (at_once >= 0),
    slot        INTEGER NOT NULL,
    -- admitted in that slot, and in the twelve before it
    admitted_0  INTEGER NOT NULL,
    admitted_1  INTEGER NOT NULL,
    admitted_2  INTEGER NOT NULL,
    admitted_3  INTEGER NOT NULL,
    admitted_4  INTEGER NOT NULL,
    admitted_5  INTEGER NOT NULL,
    admitted_6  INTEGER NOT NULL,
    admitted_7  INTEGER NOT NULL,
    admitted_8  INTEGER NOT NULL,
    admitted_9  INTEGER NOT NULL,
    admitted_10 INTEGER NOT NULL,
    admitted_11 INTEGER NOT NULL,
    admitted_12 INTEGER NOT NULL,
    PRIMARY KEY (account_sid, counter, name)
) STRICT, WITHOUT ROWID;

-- Calls that were admitted and are not over, with the names under which they were counted. As many rows as calls go on.
-- It is written before the call's own row where that is new, so it does not refer to it.
CREATE TABLE places (
    call_number INTEGER PRIMARY KEY,
    account_sid TEXT NOT NULL CHECK (length(account_sid) <= 64),
    key         TEXT,
    call_group  TEXT,
    identity    TEXT,
    taken_at    INTEGER NOT NULL
) STRICT;
