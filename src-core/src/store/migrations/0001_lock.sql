-- The PIN's record, one row of JSON: it is read and written whole, before anything else is open.
CREATE TABLE pin_lock (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    record TEXT
);
