-- The areas' logs mirror members, devices and invitations for display. Which of them are behind, is kept here.

CREATE TABLE mirrors (
    area_id  TEXT PRIMARY KEY REFERENCES areas (id),
    -- goes up with every change that the area's log mirrors, in the same transaction
    changed  INTEGER NOT NULL,
    -- the change up to which the log is known to be in step
    mirrored INTEGER NOT NULL
) STRICT;

-- Areas that are in step cost nothing to pass over.
CREATE INDEX mirrors_due ON mirrors (area_id) WHERE mirrored < changed;

INSERT INTO mirrors (area_id, changed, mirrored) SELECT id, 1, 0 FROM areas;

CREATE TRIGGER mirrors_area AFTER INSERT ON areas BEGIN
    INSERT INTO mirrors (area_id, changed, mirrored) VALUES (NEW.id, 0, 0);
END;

CREATE TRIGGER mirrors_member_added AFTER INSERT ON members BEGIN
    UPDATE mirrors SET changed = changed + 1 WHERE area_id = NEW.area_id;
END;

CREATE TRIGGER mirrors_member_changed AFTER UPDATE OF role, name ON members BEGIN
    UPDATE mirrors SET changed = changed + 1 WHERE area_id = NEW.area_id;
END;

CREATE TRIGGER mirrors_member_removed AFTER DELETE ON members BEGIN
    UPDATE mirrors SET changed = changed + 1 WHERE area_id = OLD.area_id;
END;

CREATE TRIGGER mirrors_device_added AFTER INSERT ON devices BEGIN
    UPDATE mirrors SET changed = changed + 1 WHERE area_id = NEW.area_id;
END;

-- Not when a device is seen, nor when it gets another token: no mirror shows that.
CREATE TRIGGER mirrors_device_changed AFTER UPDATE OF member_id, name, revoked_at_ms ON devices BEGIN
    UPDATE mirrors SET changed = changed + 1 WHERE area_id = NEW.area_id;
END;

CREATE TRIGGER mirrors_device_removed AFTER DELETE ON devices BEGIN
    UPDATE mirrors SET changed = changed + 1 WHERE area_id = OLD.area_id;
END;

-- Hand-overs and what a demo server prints at its start are not mirrored.
CREATE TRIGGER mirrors_invitation_added AFTER INSERT ON invitations
WHEN NEW.member_id IS NULL AND NEW.issued_by <> 'demo' BEGIN
    UPDATE mirrors SET changed = changed + 1 WHERE area_id = NEW.area_id;
END;

CREATE TRIGGER mirrors_invitation_changed AFTER UPDATE OF role, uses, uses_left, expires_at_ms, revoked_at_ms ON invitations
WHEN NEW.member_id IS NULL AND NEW.issued_by <> 'demo' BEGIN
    UPDATE mirrors SET changed = changed + 1 WHERE area_id = NEW.area_id;
END;

CREATE TRIGGER mirrors_invitation_removed AFTER DELETE ON invitations
WHEN OLD.member_id IS NULL AND OLD.issued_by <> 'demo' BEGIN
    UPDATE mirrors SET changed = changed + 1 WHERE area_id = OLD.area_id;
END;
