-- The cursor is one value now, with the chains' hashes. The log is read again to have them; the rows stay meanwhile.
DELETE FROM meta WHERE key LIKE 'cursor%';

-- What was read of the log lately: for showing who wrote what, and for giving it back to a server that was restored
-- from a backup of before.
CREATE TABLE entry (
    position INTEGER PRIMARY KEY,
    body     BLOB                  -- CBOR: Entry of wire::v1, as far as this device may read it
);

-- Sealed cursors on the way: between two of them the entries are proven.
CREATE TABLE mark (
    position INTEGER PRIMARY KEY,
    cursor   BLOB                  -- CBOR: Cursor of wire::v1, with hashes and seal
);
