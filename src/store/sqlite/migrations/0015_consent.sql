-- What both sides of a call are told before it is recorded, how it is recorded then (the subject of a start_recording job),
-- and when each side had heard it; 0: not yet. The text is the configuration's as it was when the call was answered.
ALTER TABLE calls ADD COLUMN consent_text TEXT CHECK (length(consent_text) <= 3000);
ALTER TABLE calls ADD COLUMN consent_wish TEXT CHECK (length(consent_wish) <= 64);
ALTER TABLE calls ADD COLUMN consent_caller_heard INTEGER NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN consent_callee_heard INTEGER NOT NULL DEFAULT 0;
