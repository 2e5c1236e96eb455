-- Which migrations this store has had, and the text of which views; one row each.
CREATE TABLE IF NOT EXISTS _migrations (name VARCHAR PRIMARY KEY, sha256 VARCHAR NOT NULL)
