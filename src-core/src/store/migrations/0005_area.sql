-- Photos as screens read them, those in the trash too: taking a deletion back must not need the network.
CREATE TABLE photo (
    row BLOB PRIMARY KEY, scope INTEGER, of BLOB, hash TEXT, thumbnail TEXT, width INTEGER, height INTEGER,
    caption TEXT, taken_at INTEGER, created_by INTEGER, deleted INTEGER
) WITHOUT ROWID;
CREATE INDEX photo_by_what ON photo (of);

-- The files that photos name. They lie in here so that everything that protects this file protects them.
CREATE TABLE blob (
    hash      TEXT PRIMARY KEY,    -- BLAKE3 of the content, in hexadecimal
    thumbnail INTEGER,             -- 1: a thumbnail, 0: a photo
    content   BLOB,                -- the JPEG file; NULL: wanted, and not here yet
    unsent    INTEGER,             -- 1: made here, and the server has not said that it has it
    used_at   INTEGER              -- when it was last looked at
);
CREATE INDEX blob_unsent ON blob (unsent) WHERE unsent;
