-- When somebody had this call erased; 0: nobody has. Parameters of what is told of it afterwards are not kept.
ALTER TABLE calls ADD COLUMN erased_at INTEGER NOT NULL DEFAULT 0;
