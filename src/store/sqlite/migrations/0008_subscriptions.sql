-- The application's own webhooks: who is told, and what he was told.

CREATE TABLE subscriptions (
    number           INTEGER PRIMARY KEY CHECK (number > 0),
    account_sid      TEXT NOT NULL CHECK (length(account_sid) <= 64),
    name             TEXT UNIQUE CHECK (length(name) <= 64), -- in the file; NULL: made over the API
    url              TEXT NOT NULL,
    events           TEXT NOT NULL,
    identity         TEXT,
    call_group       TEXT,
    description      TEXT,
    scopes           TEXT NOT NULL,
    secret           TEXT, -- in clear, because it signs
    old_secret       TEXT,
    old_secret_until INTEGER NOT NULL,
    state            TEXT NOT NULL
                     CHECK (state = 'enabled' OR state = 'disabled' OR state = 'deleted'),
    disabled_because TEXT,
    disabled_at      INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    created_by       TEXT,
    cursor           INTEGER NOT NULL CHECK (cursor >= 0), -- in the timeline
    open_count       INTEGER NOT NULL CHECK (open_count >= 0),
    failing_since    INTEGER NOT NULL,
    failed_at        INTEGER NOT NULL,
    failure          TEXT,
    delivered_at     INTEGER NOT NULL
) STRICT;

-- A number is milliseconds shifted, like that of an audit row, so a time is a place in the table. The body is not kept: it
-- is made anew for each attempt out of the call as it is then.
CREATE TABLE deliveries (
    number        INTEGER PRIMARY KEY CHECK (number > 0),
    subscription  INTEGER NOT NULL,
    kind          TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 64),
    call_number   INTEGER, -- NULL: about no call
    subject       TEXT,
    happened_at   INTEGER NOT NULL,
    state         TEXT NOT NULL
                  CHECK (state = 'pending' OR state = 'waiting' OR state = 'delivered' OR
                         state = 'dead'),
    attempts      INTEGER NOT NULL CHECK (attempts >= 0),
    attempts_base INTEGER NOT NULL,
    due_at        INTEGER NOT NULL,
    give_up_at    INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    ended_at      INTEGER NOT NULL,
    last_at       INTEGER NOT NULL, -- the last attempt
    last_status   INTEGER NOT NULL,
    last_latency  INTEGER NOT NULL,
    last_error    TEXT,
    last_answer   TEXT
) STRICT;

-- What is due next of a subscription. What has ended leaves it.
CREATE INDEX deliveries_due ON deliveries (subscription, due_at, number) WHERE state = 'pending';

-- Is one of this call open, and which is the next? Also all that is open of a subscription.
CREATE INDEX deliveries_open ON deliveries (subscription, call_number, number)
    WHERE state = 'pending' OR state = 'waiting';

-- Of one call one at a time.
CREATE UNIQUE INDEX deliveries_in_turn ON deliveries (subscription, call_number)
    WHERE state = 'pending' AND call_number IS NOT NULL;

CREATE INDEX deliveries_dead ON deliveries (subscription, number) WHERE state = 'dead';

-- Attempts before the last one, of those that needed several.
CREATE TABLE delivery_attempts (
    delivery INTEGER NOT NULL,
    attempt  INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    status   INTEGER NOT NULL,
    latency  INTEGER NOT NULL,
    error    TEXT,
    answer   TEXT,
    PRIMARY KEY (delivery, attempt)
) STRICT, WITHOUT ROWID;
