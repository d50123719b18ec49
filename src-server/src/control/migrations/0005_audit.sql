-- What was done with people's data as a whole: exports, backups, deletions, look-ups of a person. Ids only, no names;
-- an area's id outlives the area, so nothing here refers to other tables.

CREATE TABLE audit (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms     INTEGER NOT NULL,
    -- the member who did it; NULL: whoever may use the command line on the server
    member_id TEXT,
    what      TEXT NOT NULL,
    area_id   TEXT,
    -- what it was about: a member's id, or where a backup was written
    subject   TEXT
) STRICT;
