-- The device itself: settings, areas, unfinished forms. Nothing of this is shared.
CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;

CREATE TABLE device_area (
    area   TEXT PRIMARY KEY,  -- the area's id; its file is area-ID.db
    opened INTEGER            -- the one opened last is the current one
) WITHOUT ROWID;

CREATE TABLE draft (
    area TEXT,
    key  TEXT,
    json TEXT,
    PRIMARY KEY (area, key)
) WITHOUT ROWID;
