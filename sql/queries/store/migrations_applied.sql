-- The migrations this store has had, and its views as views/NAME, with the digest of their text; one row each.
SELECT name, sha256 FROM _migrations ORDER BY name
