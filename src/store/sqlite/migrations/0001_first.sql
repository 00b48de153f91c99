-- Times are milliseconds since 1970, 0 is "not yet". NULL is "not set". Words are those of the API, so that a person
-- with a SQL prompt can read them. They are checked by OR and not by IN, which builds a table of its own for each
-- check of each row: it took as long as everything else together. Sets that are likely to grow (outcomes, kinds) are
-- checked by length alone, because SQLite changes a check only by copying the table.

-- A call is ours. Its number is the first half of its id and only grows, so rows are appended and the id needs no
-- index of its own; id_random is the second half, compared on lookup.
CREATE TABLE calls (
    number        INTEGER PRIMARY KEY CHECK (number > 0),
    id_random     INTEGER NOT NULL,
    account_sid   TEXT NOT NULL CHECK (length(account_sid) <= 64),
    root_sid      TEXT UNIQUE CHECK (length(root_sid) <= 64),
    direction     TEXT NOT NULL
                  CHECK (direction = 'outbound-browser' OR direction = 'outbound-api' OR
                         direction = 'inbound'),
    placement     TEXT NOT NULL
                  CHECK (placement = 'intended' OR placement = 'sending' OR
                         placement = 'placed' OR placement = 'refused' OR
                         placement = 'unknown' OR placement = 'canceled'),
    status        TEXT NOT NULL
                  CHECK (status = '' OR status = 'queued' OR status = 'initiated' OR
                         status = 'ringing' OR status = 'in-progress' OR status = 'completed' OR
                         status = 'busy' OR status = 'failed' OR status = 'no-answer' OR
                         status = 'canceled'),
    sequence      INTEGER NOT NULL CHECK (sequence >= -1),
    answered_at   INTEGER NOT NULL,
    ended_at      INTEGER NOT NULL,
    duration_s    INTEGER NOT NULL CHECK (duration_s >= -1),
    sip_code      INTEGER NOT NULL,
    outcome       TEXT NOT NULL CHECK (length(outcome) <= 32),
    from_address  TEXT,
    to_address    TEXT,
    identity      TEXT,
    owner         TEXT,
    created_at    INTEGER NOT NULL,
    heard_at      INTEGER NOT NULL,
    due_at        INTEGER NOT NULL CHECK (due_at >= 0),
    hangup_wanted INTEGER NOT NULL CHECK (hangup_wanted IN (0, 1)),
    refusal_code  INTEGER NOT NULL,
    refusal       TEXT,
    price         TEXT,
    price_unit    TEXT,
    plan          TEXT,
    metadata      TEXT
) STRICT;

-- The silent ones, longest overdue first (store_list_due_calls), and how many are open (store_count_open_calls). A
-- call that is over leaves it, so it stays as small as the number of calls going on.
CREATE INDEX calls_due ON calls (due_at) WHERE due_at > 0;

-- Lists of one person's or one key's calls (store_list_calls): what every agent's screen asks for, all day. Calls
-- from outside have neither and cost nothing here.
CREATE INDEX calls_of_identity ON calls (identity, number) WHERE identity IS NOT NULL;
CREATE INDEX calls_of_owner ON calls (owner, number) WHERE owner IS NOT NULL;

-- Child legs; the root leg is in the call's own row.
CREATE TABLE legs (
    sid          TEXT PRIMARY KEY CHECK (length(sid) <= 64),
    call_number  INTEGER NOT NULL REFERENCES calls (number),
    account_sid  TEXT NOT NULL CHECK (length(account_sid) <= 64),
    parent_sid   TEXT,
    from_address TEXT,
    to_address   TEXT,
    status       TEXT NOT NULL
                 CHECK (status = '' OR status = 'queued' OR status = 'initiated' OR
                        status = 'ringing' OR status = 'in-progress' OR status = 'completed' OR
                        status = 'busy' OR status = 'failed' OR status = 'no-answer' OR
                        status = 'canceled'),
    sequence     INTEGER NOT NULL CHECK (sequence >= -1),
    answered_at  INTEGER NOT NULL,
    ended_at     INTEGER NOT NULL,
    duration_s   INTEGER NOT NULL CHECK (duration_s >= -1),
    sip_code     INTEGER NOT NULL,
    created_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX legs_of_call ON legs (call_number);

-- What happened, in commit order over all calls. The delivery as it came is the entry.
CREATE TABLE timeline (
    sequence    INTEGER PRIMARY KEY,
    call_number INTEGER REFERENCES calls (number), -- NULL: of no call we know
    account_sid TEXT NOT NULL CHECK (length(account_sid) <= 64),
    at          INTEGER NOT NULL,
    kind        TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 32),
    repeat_key  INTEGER,
    route       TEXT,
    leg_sid     TEXT,
    effect      TEXT,
    answer      TEXT,
    raw         TEXT
) STRICT;

-- One index for three questions: the entries of a call, how many there are, and whether one is a repeat.
CREATE INDEX timeline_of_call ON timeline (call_number, repeat_key);

CREATE TABLE recordings (
    sid         TEXT PRIMARY KEY CHECK (length(sid) <= 64),
    account_sid TEXT NOT NULL CHECK (length(account_sid) <= 64),
    call_number INTEGER REFERENCES calls (number),
    call_sid    TEXT,
    status      TEXT,
    url         TEXT,
    source      TEXT,
    track       TEXT,
    channels    INTEGER NOT NULL,
    duration_s  INTEGER NOT NULL CHECK (duration_s >= -1),
    started_at  INTEGER NOT NULL,
    error_code  INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX recordings_of_call ON recordings (call_number) WHERE call_number IS NOT NULL;

-- What is to be done. A number is never used twice, so a worker that comes back late cannot finish another's job.
CREATE TABLE jobs (
    number       INTEGER PRIMARY KEY AUTOINCREMENT,
    account_sid  TEXT NOT NULL CHECK (length(account_sid) <= 64),
    kind         TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 32),
    call_number  INTEGER REFERENCES calls (number),
    state        TEXT NOT NULL
                  CHECK (state = 'pending' OR state = 'leased' OR state = 'dead'),
    run_at       INTEGER NOT NULL,
    leased_until INTEGER NOT NULL,
    attempts     INTEGER NOT NULL,
    last_error   TEXT,
    created_at   INTEGER NOT NULL
) STRICT;

-- The next one that is due: pending by run_at, leased by the end of the lease.
CREATE INDEX jobs_due ON jobs (CASE state WHEN 'leased' THEN leased_until ELSE run_at END) WHERE state <> 'dead';

-- One open job of a kind per call.
CREATE UNIQUE INDEX jobs_open ON jobs (call_number, kind) WHERE state <> 'dead';

CREATE TABLE api_keys (
    id            TEXT PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
    account_sid   TEXT NOT NULL CHECK (length(account_sid) <= 64),
    name          TEXT NOT NULL,
    scopes        TEXT NOT NULL,
    secret_sha256 BLOB NOT NULL CHECK (length(secret_sha256) = 32),
    created_at    INTEGER NOT NULL,
    revoked_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
    number         INTEGER PRIMARY KEY,
    caller         TEXT NOT NULL,
    key            TEXT NOT NULL,
    account_sid    TEXT NOT NULL CHECK (length(account_sid) <= 64),
    request_sha256 BLOB NOT NULL CHECK (length(request_sha256) = 32),
    call_number    INTEGER REFERENCES calls (number),
    status         INTEGER NOT NULL,
    content_type   TEXT,
    body           TEXT,
    location       TEXT,
    created_at     INTEGER NOT NULL,
    UNIQUE (caller, key)
) STRICT;

-- The oldest first, for pruning.
CREATE INDEX idempotency_age ON idempotency (created_at);

-- Something to change when somebody asks whether the disk still takes writes.
CREATE TABLE probe (count INTEGER NOT NULL) STRICT;
INSERT INTO probe VALUES (0);
