-- What grows old goes (store/retention.h): where the next look begins, and what has gone so far.
CREATE TABLE retention (
    name           TEXT PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 32),
    cursor         INTEGER NOT NULL CHECK (cursor >= 0),
    removed_before INTEGER NOT NULL CHECK (removed_before >= 0), -- of a time before this
    removed_upto   INTEGER NOT NULL CHECK (removed_upto >= 0)    -- the highest key among them
) STRICT, WITHOUT ROWID;

-- Who asked for a token longest ago. A row is written once a day and user.
CREATE INDEX identity_groups_age ON identity_groups (updated_at);

-- A call that goes takes along what refers to it; without these, each one that goes would have these tables read from
-- end to end.
CREATE INDEX idempotency_of_call ON idempotency (call_number) WHERE call_number IS NOT NULL;
CREATE INDEX jobs_of_call ON jobs (call_number) WHERE call_number IS NOT NULL;
