-- Rows that their file no longer gives, because it is now read in another way or because their
-- conversation was assembled anew from its turns, and further outputs that their document no longer
-- has; one row per interaction.
CREATE OR REPLACE TEMP TABLE stale AS
SELECT i.interaction_id
FROM interactions i
JOIN pull_files f ON f.location = i.location AND f.was_read
WHERE i.source = $source
  AND i.interaction_id NOT IN (SELECT interaction_id FROM incoming)
  AND (i.location IN (FROM files_anew) OR ($kind = 'turns'
            AND coalesce(i.session_id, '') IN (SELECT coalesce(session_id, '') FROM incoming)))
UNION
SELECT interaction_id FROM interactions
WHERE source = $source AND document IN (SELECT source_id FROM incoming)
  AND interaction_id NOT IN (SELECT interaction_id FROM incoming)
