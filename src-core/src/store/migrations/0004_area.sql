-- What the entries that were read did to the rows as they stood: for showing before and after.
CREATE TABLE effect (
    position INTEGER PRIMARY KEY,
    body     BLOB                  -- CBOR: [Effect, …] of merge::effect, one per row of the entry, in its order
);
