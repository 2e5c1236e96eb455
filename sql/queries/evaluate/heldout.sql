-- The held-out lines of a version, with what is known of their examples today; one row per line, in order. A line
-- of a pair stands for the better answer's example.
WITH lines AS (
    SELECT line, example_id, conversation_id FROM version_examples
    WHERE name = $name AND version = $version AND side = 'test' AND line IS NOT NULL
      AND line NOT IN (SELECT line FROM version_lines
                       WHERE name = $name AND version = $version AND side = 'test')
    UNION ALL
    SELECT line, example_ids[1], NULL FROM version_lines
    WHERE name = $name AND version = $version AND side = 'test'
)
SELECT l.example_id, coalesce(e.source_id, '') AS source_id,
       coalesce(l.conversation_id, e.conversation_id, l.example_id) AS conversation,
       e.model, c.name AS cluster, i.text AS input, e.task = 'classification' AS is_labelled, l.line
FROM lines l
LEFT JOIN examples e USING (example_id)
LEFT JOIN example_inputs x USING (example_id)
LEFT JOIN inputs i USING (input_hash)
LEFT JOIN cluster_members m USING (input_hash)
LEFT JOIN clusters c USING (cluster_id)
ORDER BY l.line
