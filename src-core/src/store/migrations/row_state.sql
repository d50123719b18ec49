-- Every row of the area as its log has made it so far.
CREATE TABLE row_state (
    row        BLOB PRIMARY KEY,  -- UUID, 16 bytes
    entity     INTEGER,           -- number of domain::schema
    scope      INTEGER,           -- 0 public, 1 network, 2 coordination
    created_by INTEGER,           -- origin that made the row
    fields     BLOB               -- CBOR: [[field, value, effective clock, origin, counter], …]
) WITHOUT ROWID;
