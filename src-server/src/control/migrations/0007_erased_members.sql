-- Members whose data was erased. The row stays, without a name, because the log says who wrote what by it; no list and
-- no mirror shows it.
ALTER TABLE members ADD COLUMN erased_at_ms INTEGER;
