-- Examples whose id begins with a text, or whose source id it is; one row per example.
SELECT interaction_id FROM interactions
WHERE starts_with(interaction_id, lower($text)) AND $text <> '' OR source_id = $text
ORDER BY interaction_id
