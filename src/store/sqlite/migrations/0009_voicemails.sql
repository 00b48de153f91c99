-- When the caller was asked to leave a message; 0: not. What is recorded of this call afterwards is a voicemail.
ALTER TABLE calls ADD COLUMN voicemail_at INTEGER NOT NULL DEFAULT 0;

-- Messages that callers left. Made when the recording is known to hold sound, in whatever order the callbacks come. One
-- that was deleted keeps its row without a name, so that a callback that comes once more does not bring it back.
CREATE TABLE voicemails (
    number        INTEGER PRIMARY KEY CHECK (number > 0),
    id_random     INTEGER NOT NULL,
    account_sid   TEXT NOT NULL CHECK (length(account_sid) <= 64),
    call_number   INTEGER NOT NULL REFERENCES calls (number),
    recording_sid TEXT NOT NULL UNIQUE CHECK (length(recording_sid) <= 64),
    identity      TEXT, -- the mailbox: whom the call was for
    call_group    TEXT,
    from_address  TEXT,
    to_address    TEXT,
    created_at    INTEGER NOT NULL,
    read_at       INTEGER NOT NULL CHECK (read_at >= 0),
    deleted_at    INTEGER NOT NULL CHECK (deleted_at >= 0)
) STRICT;

CREATE INDEX voicemails_of_call ON voicemails (call_number);

-- A person's own list, and a group's; and how many of them are new.
CREATE INDEX voicemails_of_identity ON voicemails (identity, number) WHERE identity IS NOT NULL;
CREATE INDEX voicemails_of_group ON voicemails (call_group, number) WHERE call_group IS NOT NULL;
CREATE INDEX voicemails_new ON voicemails (number) WHERE read_at = 0 AND deleted_at = 0;

-- What Twilio transcribes: a call while it goes on (GT...), or a recording afterwards (TR...). Numbers are in the order
-- in which they were first heard of.
CREATE TABLE transcriptions (
    number         INTEGER PRIMARY KEY,
    sid            TEXT NOT NULL UNIQUE CHECK (length(sid) <= 64),
    account_sid    TEXT NOT NULL CHECK (length(account_sid) <= 64),
    call_number    INTEGER NOT NULL REFERENCES calls (number),
    leg_sid        TEXT,
    recording_sid  TEXT,
    status         TEXT NOT NULL CHECK (length(status) BETWEEN 1 AND 32),
    language       TEXT,
    inbound_label  TEXT,
    outbound_label TEXT,
    error_code     INTEGER NOT NULL,
    error          TEXT,
    started_at     INTEGER NOT NULL,
    ended_at       INTEGER NOT NULL,
    lines          INTEGER NOT NULL CHECK (lines >= 0)
) STRICT;

CREATE INDEX transcriptions_of_call ON transcriptions (call_number);
CREATE INDEX transcriptions_of_recording ON transcriptions (recording_sid) WHERE recording_sid IS NOT NULL;

-- What was said, line by line; only what is final. A number is milliseconds shifted by 20 and never below the one
-- before, so "since when" is a range of the key. `scope` says who may find it, as words that the index below can look
-- up: direction, identity, owner and group of the call, in hexadecimal behind a letter.
CREATE TABLE transcript_lines (
    number               INTEGER PRIMARY KEY CHECK (number > 0),
    call_number          INTEGER NOT NULL REFERENCES calls (number),
    transcription_number INTEGER NOT NULL, -- no REFERENCES: each write of its row would look for an index of this alone
    sequence             INTEGER NOT NULL CHECK (sequence >= 0),
    track                TEXT NOT NULL CHECK (length(track) <= 32),
    at                   INTEGER NOT NULL,
    confidence           INTEGER NOT NULL, -- thousandths; -1: not told
    text                 TEXT NOT NULL,
    scope                TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX transcript_lines_in_order
    ON transcript_lines (call_number, transcription_number, sequence, track);

-- What is being said right now, and may still change: one for each track, gone when its final comes.
CREATE TABLE transcript_partials (
    transcription_number INTEGER NOT NULL REFERENCES transcriptions (number),
    track                TEXT NOT NULL CHECK (length(track) <= 32),
    call_number          INTEGER NOT NULL REFERENCES calls (number),
    sequence             INTEGER NOT NULL,
    at                   INTEGER NOT NULL,
    confidence           INTEGER NOT NULL,
    text                 TEXT NOT NULL,
    PRIMARY KEY (transcription_number, track)
) STRICT, WITHOUT ROWID;

CREATE INDEX transcript_partials_of_call ON transcript_partials (call_number);

-- The text is stored once, in transcript_lines; the triggers keep the index in step with it.
CREATE VIRTUAL TABLE transcript_search USING fts5 (
    text, scope, content = 'transcript_lines', content_rowid = 'number', tokenize = 'unicode61 remove_diacritics 2',
    prefix = '2 3' -- else a beginning of two letters reads the lines of every word that begins so
);

CREATE TRIGGER transcript_lines_insert AFTER INSERT ON transcript_lines BEGIN
    INSERT INTO transcript_search (rowid, text, scope) VALUES (new.number, new.text, new.scope);
END;

CREATE TRIGGER transcript_lines_delete AFTER DELETE ON transcript_lines BEGIN
    INSERT INTO transcript_search (transcript_search, rowid, text, scope)
    VALUES ('delete', old.number, old.text, old.scope);
END;

CREATE TRIGGER transcript_lines_update AFTER UPDATE OF text, scope ON transcript_lines BEGIN
    INSERT INTO transcript_search (transcript_search, rowid, text, scope)
    VALUES ('delete', old.number, old.text, old.scope);
    INSERT INTO transcript_search (rowid, text, scope) VALUES (new.number, new.text, new.scope);
END;

-- A call that changes hands takes its lines along.
CREATE TRIGGER calls_change_hands AFTER UPDATE OF identity, owner, call_group ON calls
WHEN old.identity IS NOT new.identity OR old.owner IS NOT new.owner OR old.call_group IS NOT new.call_group BEGIN
    UPDATE transcript_lines
    SET scope = 'd' || hex(new.direction) || coalesce(' i' || hex(new.identity), '') ||
                coalesce(' o' || hex(new.owner), '') || coalesce(' g' || hex(new.call_group), '')
    WHERE call_number = new.number;
END;
