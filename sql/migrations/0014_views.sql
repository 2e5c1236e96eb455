-- Which text each view of the store has; the views themselves are in sql/views.

CREATE TABLE _views (name VARCHAR PRIMARY KEY, sha256 VARCHAR NOT NULL);
COMMENT ON TABLE _views IS 'The SHA-256 of the file that each view was made from; one row per view.';
