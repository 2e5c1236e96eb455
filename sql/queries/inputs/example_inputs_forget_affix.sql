-- Forgets the inputs of texts that have a template which was found just now.
DELETE FROM example_inputs
WHERE example_id IN (
    SELECT interaction_id
    FROM interactions
    WHERE CASE $affix WHEN 'prefix' THEN starts_with(query, $text) ELSE ends_with(query, $text) END
)
