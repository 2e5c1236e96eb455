-- Adds the calls that conversations, assembled anew from all their turns in a table, no longer have.
INSERT INTO stale
SELECT interaction_id
FROM interactions
WHERE source = $source AND location = $location
  AND session_id IN (SELECT unnest($sessions::VARCHAR[]))
  AND interaction_id NOT IN (SELECT interaction_id FROM incoming)
  AND interaction_id NOT IN (FROM stale)
