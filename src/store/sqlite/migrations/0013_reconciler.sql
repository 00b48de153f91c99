-- How far the reconciler is, in one row: when the server was last alive, what was compared with Twilio's lists, and where the
-- comparison under way goes on.
CREATE TABLE reconciler (
    alive_at      INTEGER NOT NULL, -- a running server writes it again and again
    swept_until   INTEGER NOT NULL, -- what began before this was compared by a sweep that was finished
    pending_since INTEGER NOT NULL, -- the next sweep goes back to here; 0: none is asked for
    since         INTEGER NOT NULL, -- the one under way goes back to here
    began_at      INTEGER NOT NULL, -- and began then; 0: none is under way
    stage         INTEGER NOT NULL, -- which list
    cursor        TEXT NOT NULL     -- the next page of it; '': the first
) STRICT;
INSERT INTO reconciler VALUES (0, 0, 0, 0, 0, 0, '');
