-- What the salts of parts that were written at once come from (seal.rs); a part has either this or `salt`.
ALTER TABLE log ADD COLUMN salt_seed BLOB;
