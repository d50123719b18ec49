-- Safety walks: while one lasts, everyone on it shares what is marked on it, and nobody else but coordinators sees that.

-- the number the next walk of this area gets; never used twice
ALTER TABLE areas ADD COLUMN next_walk INTEGER NOT NULL DEFAULT 1 CHECK (next_walk >= 1);

CREATE TABLE walks (
    id            TEXT PRIMARY KEY,
    area_id       TEXT NOT NULL REFERENCES areas (id),
    -- that of its scope in the area's log
    number        INTEGER NOT NULL CHECK (number >= 1),
    name          TEXT NOT NULL,
    starts_at_ms  INTEGER NOT NULL,
    -- nobody is on it any more after this
    ends_at_ms    INTEGER NOT NULL,
    created_at_ms INTEGER NOT NULL,
    UNIQUE (area_id, number)
) STRICT;

-- Who is on it until it ends.
CREATE TABLE walk_members (
    area_id      TEXT NOT NULL REFERENCES areas (id),
    walk_id      TEXT NOT NULL REFERENCES walks (id),
    member_id    TEXT NOT NULL REFERENCES members (id),
    joined_at_ms INTEGER NOT NULL,
    PRIMARY KEY (member_id, walk_id)
) STRICT;

CREATE INDEX walk_members_by_walk ON walk_members (walk_id);

-- whoever redeems it is on this walk
ALTER TABLE invitations ADD COLUMN walk_id TEXT REFERENCES walks (id);

CREATE TRIGGER mirrors_walk_added AFTER INSERT ON walks BEGIN
    UPDATE mirrors SET changed = changed + 1 WHERE area_id = NEW.area_id;
END;

CREATE TRIGGER mirrors_walk_changed AFTER UPDATE OF name, starts_at_ms, ends_at_ms ON walks BEGIN
    UPDATE mirrors SET changed = changed + 1 WHERE area_id = NEW.area_id;
END;

CREATE TRIGGER mirrors_walk_removed AFTER DELETE ON walks BEGIN
    UPDATE mirrors SET changed = changed + 1 WHERE area_id = OLD.area_id;
END;

-- No mirror shows who is on a walk, but their devices want to know.
CREATE TRIGGER mirrors_walk_joined AFTER INSERT ON walk_members BEGIN
    UPDATE mirrors SET changed = changed + 1 WHERE area_id = NEW.area_id;
END;
