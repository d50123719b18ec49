-- Access that ends by itself: who joins a safety walk has it for that evening. NULL where it does not end.

-- until when those who redeem it have access
ALTER TABLE invitations ADD COLUMN access_until_ms INTEGER;
-- of all devices of the member, also of those handed over later
ALTER TABLE members ADD COLUMN access_until_ms INTEGER;
