-- For reading all members or devices; on a device and on the server.
CREATE INDEX row_state_entity ON row_state (entity);
