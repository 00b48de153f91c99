-- What listeners are told of this entry: names of live events (voice/news.h), or NULL if it changed nothing. Stored, so
-- that whoever comes back is told the same as whoever stayed. Read in the order of the key; no index.
ALTER TABLE timeline ADD COLUMN news TEXT;

-- When somebody asked us to end the call: without it nobody knows whether the caller gave up or we made him.
ALTER TABLE calls ADD COLUMN hangup_asked_at INTEGER NOT NULL DEFAULT 0;

-- What the ids of live events are sealed with. It stays with the data: ids that another database gave mean nothing here.
CREATE TABLE event_key (secret BLOB NOT NULL CHECK (length(secret) = 16)) STRICT;
INSERT INTO event_key VALUES (randomblob(16));
