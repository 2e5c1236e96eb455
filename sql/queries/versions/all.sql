-- All versions, oldest first; one row per version.
SELECT name, version, content_id, test_id, formats, train, test, pending, exported_at
FROM versions ORDER BY name, version
