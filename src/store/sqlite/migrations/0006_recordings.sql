-- Recordings get an id of ours (the number, as calls have one), what became of their sound, and whose they are: the last
-- four columns are the call's, kept equal by whoever writes one of the two rows, so that a list follows an index.
CREATE TABLE recordings_2 (
    number            INTEGER PRIMARY KEY CHECK (number > 0),
    id_random         INTEGER NOT NULL,
    sid               TEXT NOT NULL UNIQUE CHECK (length(sid) <= 64),
    account_sid       TEXT NOT NULL CHECK (length(account_sid) <= 64),
    call_number       INTEGER REFERENCES calls (number),
    call_sid          TEXT,
    status            TEXT,
    url               TEXT,
    source            TEXT,
    track             TEXT,
    channels          INTEGER NOT NULL,
    duration_s        INTEGER NOT NULL CHECK (duration_s >= -1),
    started_at        INTEGER NOT NULL,
    error_code        INTEGER NOT NULL,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL,
    media             TEXT NOT NULL DEFAULT 'none'
                      CHECK (media = 'none' OR media = 'wanted' OR media = 'stored' OR
                             media = 'absent' OR media = 'failed' OR media = 'deleted'),
    media_key         TEXT,
    media_type        TEXT,
    media_bytes       INTEGER NOT NULL DEFAULT 0 CHECK (media_bytes >= 0),
    media_sha256      TEXT CHECK (media_sha256 IS NULL OR length(media_sha256) = 64),
    media_stored_at   INTEGER NOT NULL DEFAULT 0,
    media_error       TEXT,
    remote_deleted_at INTEGER NOT NULL DEFAULT 0,
    deleted_at        INTEGER NOT NULL DEFAULT 0,
    hold              INTEGER NOT NULL DEFAULT 0 CHECK (hold IN (0, 1)),
    tag               TEXT,
    expires_at        INTEGER NOT NULL DEFAULT 0 CHECK (expires_at >= 0),
    direction         TEXT,
    identity          TEXT,
    owner             TEXT,
    call_group        TEXT
) STRICT;

-- An id's number is the time when the row was made; those of one millisecond are counted.
INSERT INTO recordings_2 (number, id_random, sid, account_sid, call_number, call_sid, status, url, source, track,
                          channels, duration_s, started_at, error_code, created_at, updated_at,
                          direction, identity, owner, call_group)
SELECT (max(r.created_at, 1) << 20) + row_number() OVER (PARTITION BY max(r.created_at, 1) ORDER BY r.sid) - 1,
       random(), r.sid, r.account_sid, r.call_number, r.call_sid, r.status, r.url, r.source, r.track,
       r.channels, r.duration_s, r.started_at, r.error_code, r.created_at, r.updated_at,
       c.direction, c.identity, c.owner, c.call_group
FROM recordings AS r LEFT JOIN calls AS c ON c.number = r.call_number;

DROP TABLE recordings;
ALTER TABLE recordings_2 RENAME TO recordings;

CREATE INDEX recordings_of_call ON recordings (call_number) WHERE call_number IS NOT NULL;

-- Lists of one person's, one key's or one group's recordings (store_list_recordings), as for calls.
CREATE INDEX recordings_of_identity ON recordings (identity, number) WHERE identity IS NOT NULL;
CREATE INDEX recordings_of_owner ON recordings (owner, number) WHERE owner IS NOT NULL;
CREATE INDEX recordings_of_group ON recordings (call_group, number) WHERE call_group IS NOT NULL;

-- Whose time is over (store_list_expired_recordings). What was deleted or is held back is not in it.
CREATE INDEX recordings_expire ON recordings (expires_at) WHERE expires_at > 0 AND deleted_at = 0 AND hold = 0;

-- How many are to be fetched (store_count_wanted_recordings).
CREATE INDEX recordings_wanted ON recordings (number) WHERE media = 'wanted';
