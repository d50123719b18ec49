-- The device that issued it, so that what somebody issued with a stolen one is taken back with it. Empty for the command
-- line, the demo, and what is older than this column.
ALTER TABLE invitations ADD COLUMN issued_by_device TEXT;

CREATE INDEX invitations_by_device ON invitations (issued_by_device) WHERE issued_by_device IS NOT NULL;
