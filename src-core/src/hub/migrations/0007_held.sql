-- What is held until it can be judged (reason 7) is asked for at every action that names a row which is not there, and
-- lies among everything that was ever refused.
CREATE INDEX refused_held ON refused (origin) WHERE reason = 7;
