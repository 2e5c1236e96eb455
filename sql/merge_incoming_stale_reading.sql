-- Rows of files that are now read in another way and no longer give them; one row per interaction.
CREATE OR REPLACE TEMP TABLE stale AS
SELECT i.interaction_id
FROM interactions i
JOIN pull_files f ON f.location = i.location AND f.was_read
WHERE i.source = $source
  AND i.interaction_id NOT IN (SELECT interaction_id FROM incoming)
  AND EXISTS (
      FROM pulled_files p
      WHERE p.source = i.source AND p.location = i.location AND p.reading <> $reading
  )
