-- The area's log on the server.

-- Every action that was ever pushed and judged, for idempotent pushes and for finding the clock of a base.
CREATE TABLE action (
    origin    INTEGER,
    counter   INTEGER,   -- number of its first change
    count     INTEGER,   -- how many changes it makes
    hash      BLOB,      -- BLAKE3 of the action as it came
    outcome   INTEGER,   -- wire::v1::Outcome
    reason    INTEGER,   -- wire::v1::Reason, when rejected
    position  INTEGER,   -- place in the log, when admitted
    effective INTEGER,   -- the clock that all replicas order by, when admitted
    hlc       INTEGER,   -- the writer's own clock
    PRIMARY KEY (origin, counter)
) WITHOUT ROWID;

CREATE INDEX action_position ON action (position) WHERE position IS NOT NULL;

-- What each admitted action did, scope by scope. A device is sent only the scopes it may read.
CREATE TABLE log (
    position  INTEGER,
    scope     INTEGER,
    first_seq INTEGER,   -- each row takes one number of the scope's dense sequence
    count     INTEGER,
    rows      BLOB,      -- CBOR: [LogRow, …] of wire::v1
    PRIMARY KEY (position, scope)
) WITHOUT ROWID;

-- Refused actions, whole, so that nothing anyone wrote is lost. Those with a personal number are not kept.
CREATE TABLE refused (
    origin      INTEGER,
    counter     INTEGER,
    hash        BLOB,
    reason      INTEGER,
    received_ms INTEGER,
    body        BLOB,     -- the action as it came
    PRIMARY KEY (origin, counter, hash)
) WITHOUT ROWID;

CREATE TABLE head (
    scope INTEGER PRIMARY KEY,
    seq   INTEGER
);

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value BLOB
) WITHOUT ROWID;

CREATE INDEX log_scope ON log (scope, position);
