-- A device whose answer was lost redeems again with the number of its attempt and gets the same device, once more.

-- the invitation that this device came by; NULL for devices of before
ALTER TABLE devices ADD COLUMN invitation_id TEXT REFERENCES invitations (id);
-- BLAKE3 of the attempt's number; NULL where the app sent none
ALTER TABLE devices ADD COLUMN attempt_hash BLOB CHECK (length(attempt_hash) = 32);

CREATE UNIQUE INDEX devices_by_attempt ON devices (invitation_id, attempt_hash) WHERE attempt_hash IS NOT NULL;
