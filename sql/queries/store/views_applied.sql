-- The views this store has, with the digest of their text; one row per view.
SELECT name, sha256 FROM _views ORDER BY name
