-- Which migrations this store has had; one row per migration.
CREATE TABLE IF NOT EXISTS _migrations (name VARCHAR PRIMARY KEY, sha256 VARCHAR NOT NULL)
