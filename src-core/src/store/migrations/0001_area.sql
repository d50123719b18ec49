-- An area on a device. `row_state` stands before this in the same step.

-- Actions that this device made and has not read back from the log yet.
CREATE TABLE outbox (
    counter  INTEGER PRIMARY KEY,  -- number of the action's first change
    body     BLOB,                 -- CBOR: Action of wire::v1
    position INTEGER               -- set when the server has admitted it; it stays until the log is read up to there
);

-- Which rows the outbox touches, for showing them as they will be.
CREATE TABLE outbox_row (
    row     BLOB,
    counter INTEGER,
    PRIMARY KEY (row, counter)
) WITHOUT ROWID;

-- What takes an action of this device back.
CREATE TABLE undo (
    counter INTEGER PRIMARY KEY,
    body    BLOB                   -- CBOR: [UndoRow, …] of ops::action
);

-- Actions that the server refused, kept until their author has seen them.
CREATE TABLE refused (
    id         INTEGER PRIMARY KEY,
    reason     INTEGER,
    refused_ms INTEGER,
    body       BLOB
);

-- Calls to remember; never leave the device.
CREATE TABLE reminder (
    id         INTEGER PRIMARY KEY,
    contact    BLOB,
    problem    BLOB,
    created_ms INTEGER
);

CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;

CREATE TABLE basemap (hash BLOB PRIMARY KEY, pmtiles BLOB);

-- The rows as screens read them: the log's state with the outbox on top, without what is in the trash.

CREATE TABLE area (
    row BLOB PRIMARY KEY, name TEXT, place TEXT, bounds TEXT,
    concern_title TEXT, concern_text TEXT, concern_phone TEXT, concern_hours TEXT, demo INTEGER
) WITHOUT ROWID;

CREATE TABLE organisation (
    row BLOB PRIMARY KEY, scope INTEGER, name TEXT, sector TEXT, ord TEXT,
    sort TEXT                      -- Danish alphabetical order as bytes
) WITHOUT ROWID;

CREATE TABLE contact (
    n INTEGER PRIMARY KEY,         -- rowid of contact_search
    row BLOB, scope INTEGER, organisation BLOB, name TEXT, role TEXT, hours TEXT, note TEXT,
    verified_at INTEGER, verified_by TEXT, ord TEXT, sort TEXT
);
CREATE UNIQUE INDEX contact_row ON contact (row);
CREATE INDEX contact_organisation ON contact (organisation);

CREATE TABLE channel (
    row BLOB PRIMARY KEY, scope INTEGER, contact BLOB, label TEXT, kind TEXT, value TEXT, ord TEXT, reported_at INTEGER
) WITHOUT ROWID;
CREATE INDEX channel_contact ON channel (contact);

-- Folded text of a contact, its organisation and its numbers; three letters anywhere in a word find it.
CREATE VIRTUAL TABLE contact_search USING fts5 (folded, tokenize = 'trigram');

CREATE TABLE problem (
    row BLOB PRIMARY KEY, scope INTEGER, name TEXT, icon TEXT, ord TEXT, call_112_if TEXT, call_114_if TEXT,
    notice TEXT, not_report TEXT, have_ready TEXT
) WITHOUT ROWID;

CREATE TABLE card_cell (
    row BLOB PRIMARY KEY, scope INTEGER, problem BLOB, contact BLOB, ord TEXT, hours TEXT  -- ticked cells only
) WITHOUT ROWID;
CREATE INDEX card_cell_problem ON card_cell (problem);

CREATE TABLE map_pin (
    row BLOB PRIMARY KEY, scope INTEGER, category TEXT, title TEXT, note TEXT, lat_e7 INTEGER, lon_e7 INTEGER,
    expires_at INTEGER, created_by INTEGER, sort TEXT
) WITHOUT ROWID;
