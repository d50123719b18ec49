-- Who may do what. Decided here, online only; the areas' own content lies in one file per area.
-- Ids are UUIDs as text, so that an administrator can read them. Times are milliseconds since 1970 in UTC.

CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE areas (
    id            TEXT PRIMARY KEY,
    name          TEXT NOT NULL,
    demo          INTEGER NOT NULL CHECK (demo IN (0, 1)),
    -- the number the next device of this area gets; 0 is the server itself; never used twice
    next_origin   INTEGER NOT NULL DEFAULT 1 CHECK (next_origin >= 1),
    created_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE members (
    id            TEXT PRIMARY KEY,
    area_id       TEXT NOT NULL REFERENCES areas (id),
    role          TEXT NOT NULL CHECK (role IN ('coordinator', 'staff', 'participant', 'resident')),
    -- what the member called themselves when they redeemed the invitation; may be empty; personal data
    name          TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX members_by_area ON members (area_id);

CREATE TABLE invitations (
    id            TEXT PRIMARY KEY,
    area_id       TEXT NOT NULL REFERENCES areas (id),
    role          TEXT NOT NULL CHECK (role IN ('coordinator', 'staff', 'participant', 'resident')),
    -- set for a hand-over: the device that redeems it belongs to this member
    member_id     TEXT REFERENCES members (id),
    -- BLAKE3 of the secret in the link; the secret itself is nowhere
    secret_hash   BLOB NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
    -- where it came from: 'command_line', 'demo' (replaced at every start) or 'member'
    issued_by     TEXT NOT NULL CHECK (issued_by IN ('command_line', 'demo', 'member')),
    uses          INTEGER NOT NULL CHECK (uses >= 1),
    uses_left     INTEGER NOT NULL CHECK (uses_left BETWEEN 0 AND uses),
    created_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    revoked_at_ms INTEGER
) STRICT;

CREATE INDEX invitations_by_area ON invitations (area_id);

CREATE TABLE devices (
    id            TEXT PRIMARY KEY,
    member_id     TEXT NOT NULL REFERENCES members (id),
    area_id       TEXT NOT NULL REFERENCES areas (id),
    -- which of the area's devices made a change, small enough to stand in every one of them
    origin        INTEGER NOT NULL,
    name          TEXT NOT NULL,
    -- BLAKE3 of the token; the token itself is on the device only
    token_hash    BLOB NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    created_at_ms INTEGER NOT NULL,
    -- written at most once a minute
    last_seen_ms  INTEGER,
    revoked_at_ms INTEGER,
    UNIQUE (area_id, origin)
) STRICT;

CREATE INDEX devices_by_member ON devices (member_id);
