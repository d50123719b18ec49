-- Devices sign what they send, and one that was copied goes on under further numbers.

-- Ed25519; NULL for devices of before
ALTER TABLE devices ADD COLUMN public_key BLOB CHECK (length(public_key) = 32);

-- The numbers a device goes by besides its first: it was copied, or put back from a backup of its own.
CREATE TABLE origins (
    area_id   TEXT NOT NULL REFERENCES areas (id),
    origin    INTEGER NOT NULL,
    device_id TEXT NOT NULL REFERENCES devices (id),
    since_ms  INTEGER NOT NULL,
    PRIMARY KEY (area_id, origin)
) STRICT;

-- When a device that is locked out handed in what it had not sent; it may do so once.
ALTER TABLE devices ADD COLUMN handed_in_at_ms INTEGER;

CREATE INDEX origins_by_device ON origins (device_id);

CREATE TRIGGER mirrors_origin_added AFTER INSERT ON origins BEGIN
    UPDATE mirrors SET changed = changed + 1 WHERE area_id = NEW.area_id;
END;
