-- Invitations whose redeeming has begun and not been answered. Whoever asks again by the same number gets the same
-- device, so that an answer lost on the way costs nothing.
CREATE TABLE redeem_attempt (
    secret BLOB PRIMARY KEY,  -- BLAKE3 of the invitation's secret
    number TEXT               -- 128 random bits in hexadecimal
) WITHOUT ROWID;
