-- Who did what, or was not allowed to. The sequence is made like a call's number (milliseconds shifted by 20, and never
-- below the one before), so the key alone answers "since when", and the oldest rows go first without an index for it.
CREATE TABLE audit (
    sequence    INTEGER PRIMARY KEY CHECK (sequence > 0),
    account_sid TEXT NOT NULL CHECK (length(account_sid) <= 64),
    at          INTEGER NOT NULL,
    action      TEXT NOT NULL CHECK (length(action) BETWEEN 1 AND 64),
    allowed     INTEGER NOT NULL CHECK (allowed IN (0, 1)),
    actor_kind  TEXT NOT NULL CHECK (length(actor_kind) BETWEEN 1 AND 32),
    actor       TEXT,
    actor_name  TEXT,
    identity    TEXT,
    address     TEXT,
    request_id  TEXT,
    call_number INTEGER, -- no REFERENCES: a refused call may never have had a row
    call_id     TEXT,
    subject     TEXT,
    number      TEXT,
    reason      TEXT,
    detail      TEXT,
    times       INTEGER NOT NULL CHECK (times > 0)
) STRICT;

-- "What was done with this call?" Call numbers only grow, so the index is written at its right end.
CREATE INDEX audit_of_call ON audit (call_number) WHERE call_number IS NOT NULL;
