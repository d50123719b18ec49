-- The hash chain of every scope (seal.rs), epochs, and which entries touched a row.

ALTER TABLE log ADD COLUMN salt BLOB;   -- what its rows are hashed with, until one of them is erased
ALTER TABLE log ADD COLUMN seals BLOB;  -- CBOR: [Seal, …] of wire::v1, afterwards
ALTER TABLE log ADD COLUMN hash BLOB;   -- the scope's chain after this part
ALTER TABLE head ADD COLUMN hash BLOB;

-- What stands at each position. An action read again after a restore can stand at several.
CREATE TABLE entry (
    position  INTEGER PRIMARY KEY,
    origin    INTEGER,
    counter   INTEGER,
    effective INTEGER,
    hlc       INTEGER
);
INSERT INTO entry SELECT position, origin, counter, effective, hlc FROM action WHERE position IS NOT NULL;

CREATE INDEX entry_action ON entry (origin, counter);

-- A restored server begins a new epoch: its log goes on otherwise than the one that was lost.
CREATE TABLE epoch (
    epoch    INTEGER PRIMARY KEY,
    position INTEGER               -- the last position of the epoch before
);
INSERT INTO epoch VALUES (1, 0);

CREATE TABLE touched (
    row      BLOB,
    position INTEGER,
    PRIMARY KEY (row, position)
) WITHOUT ROWID;

-- Rows that were erased. Nobody writes to them again.
CREATE TABLE erased (
    row      BLOB PRIMARY KEY,
    position INTEGER
) WITHOUT ROWID;

-- The conflicts of a field. The rows themselves lie with all others.
CREATE TABLE conflict_of (
    row      BLOB,
    field    INTEGER,
    conflict BLOB,
    PRIMARY KEY (row, field, conflict)
) WITHOUT ROWID;

ALTER TABLE action ADD COLUMN conflicts INTEGER;  -- how many conflicts it met

-- What each device signed: its actions as they came, and the seal on every push that brought new ones.
ALTER TABLE action ADD COLUMN body BLOB;          -- CBOR: Action of wire::v1; deleted when a row in it is erased
CREATE TABLE push (
    origin  INTEGER,
    counter INTEGER,   -- the first action of the push
    key     BLOB,      -- the device's public key then
    seal    BLOB,      -- CBOR: Push of wire::v1
    hashes  BLOB,      -- 32 bytes for each of its actions
    PRIMARY KEY (origin, counter)
) WITHOUT ROWID;
