-- The group that a call's user was in when the call began; whoever may read a group's calls finds them by it.
ALTER TABLE calls ADD COLUMN call_group TEXT;
CREATE INDEX calls_of_group ON calls (call_group, number) WHERE call_group IS NOT NULL;

-- Which group an identity was in when it last asked for a token: Twilio knows nothing of groups, so calls from browsers
-- and calls that come in are given their group from here.
CREATE TABLE identity_groups (
    identity   TEXT PRIMARY KEY CHECK (length(identity) BETWEEN 1 AND 512),
    call_group TEXT NOT NULL CHECK (length(call_group) BETWEEN 1 AND 512),
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
