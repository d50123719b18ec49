-- Since when the server knows that a row is in the trash, by its own clock: whoever deleted it may have been offline for
-- a month, and their watch may be wrong.
CREATE TABLE trash (
    row      BLOB PRIMARY KEY,
    origin   INTEGER,          -- the change that put it there: another one begins anew
    counter  INTEGER,
    since_ms INTEGER
) WITHOUT ROWID;
