-- What a job is about, if not a call: the id of a recording, of a delivery. And in which lane it waits: each lane has
-- workers of its own, so a job of one never waits for those of another. All jobs so far are about calls.
ALTER TABLE jobs ADD COLUMN subject TEXT NOT NULL DEFAULT '' CHECK (length(subject) <= 64);
ALTER TABLE jobs ADD COLUMN lane TEXT NOT NULL DEFAULT 'calls' CHECK (length(lane) BETWEEN 1 AND 16);

-- The next one of a lane that is due: pending by run_at, leased by the end of the lease.
DROP INDEX jobs_due;
CREATE INDEX jobs_due ON jobs (lane, CASE state WHEN 'leased' THEN leased_until ELSE run_at END) WHERE state <> 'dead';

-- One open job of a kind about the same. SQLite takes two NULLs for different, so those without a call need a second one.
DROP INDEX jobs_open;
CREATE UNIQUE INDEX jobs_open ON jobs (call_number, kind, subject) WHERE state <> 'dead';
CREATE UNIQUE INDEX jobs_open_without_call ON jobs (kind, subject) WHERE state <> 'dead' AND call_number IS NULL;

-- Those that were buried, for an operator, the newest first.
CREATE INDEX jobs_dead ON jobs (number) WHERE state = 'dead';
