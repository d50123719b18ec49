-- What is held until it can be judged (reason 7) lies among everything that was ever refused.
CREATE INDEX refused_held ON refused (origin) WHERE reason = 7;

-- The rows that held actions make, change or name: an action that names a row which is not there asks for them.
-- What was held before this table was there is not in it: no server that holds anything has been released.
CREATE TABLE held_row (
    row     BLOB,
    origin  INTEGER,
    counter INTEGER,
    PRIMARY KEY (row, origin, counter)
) WITHOUT ROWID;
CREATE INDEX held_row_action ON held_row (origin, counter);
CREATE TRIGGER held_row_gone AFTER DELETE ON refused WHEN OLD.reason = 7 BEGIN
    DELETE FROM held_row WHERE origin = OLD.origin AND counter = OLD.counter;
END;
