-- The last move of each row that was ever moved, so that moves merge by clock like everything else (moved.rs).
CREATE TABLE moved (
    row       BLOB PRIMARY KEY,
    effective INTEGER,
    origin    INTEGER,
    counter   INTEGER   -- the number of the action's first change
) WITHOUT ROWID;
