-- Pages that are free may still have in them what was written there before. Whoever has erased somebody fills them with
-- rows of zeros, and removes those: the table is empty otherwise.
CREATE TABLE filler (
    number INTEGER PRIMARY KEY,
    blank  BLOB NOT NULL
) STRICT;
