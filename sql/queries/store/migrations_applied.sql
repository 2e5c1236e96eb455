-- The migrations this store has had; one row per migration.
SELECT name, sha256 FROM _migrations ORDER BY name
