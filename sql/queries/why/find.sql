-- Examples whose source id is a text, else those whose id begins with it; one row per example.
WITH named AS (SELECT interaction_id FROM interactions WHERE source_id = $text)
SELECT interaction_id FROM named
UNION ALL
SELECT interaction_id FROM interactions
WHERE starts_with(interaction_id, lower($text)) AND $text <> '' AND NOT EXISTS (FROM named)
ORDER BY interaction_id
