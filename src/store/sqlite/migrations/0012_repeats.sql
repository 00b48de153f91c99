-- How often a delivery came again. Repeats change nothing and leave no entry, but whoever looks for what is slow wants to know.
ALTER TABLE timeline ADD COLUMN repeats INTEGER NOT NULL DEFAULT 0 CHECK (repeats >= 0);
