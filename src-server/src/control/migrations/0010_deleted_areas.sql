-- The devices of areas that were deleted: they are told so, and forget the area. Whose they were is not kept, and the
-- area's id outlives the area, so nothing here refers to other tables.

CREATE TABLE deleted_tokens (
    -- BLAKE3 of the token, as it was in devices
    token_hash    BLOB PRIMARY KEY CHECK (length(token_hash) = 32),
    area_id       TEXT NOT NULL,
    deleted_at_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX deleted_tokens_by_area ON deleted_tokens (area_id);
