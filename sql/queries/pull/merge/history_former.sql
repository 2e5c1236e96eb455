-- Contents and labels that interactions of this pull had before, or have in a document that does
-- not count; one row per interaction and content, where it stood last.
CREATE OR REPLACE TEMP TABLE former AS
WITH touched AS (SELECT interaction_id FROM incoming UNION FROM stale),
known AS (SELECT interaction_id FROM incoming WHERE state <> 'new' UNION FROM stale),
seen AS (
    FROM interaction_history WHERE interaction_id IN (FROM touched)
    UNION ALL BY NAME
    -- As the view interactions has them, but only of the few rows that are chosen.
    SELECT interaction_id, content_hash, whole_messages(messages, query, 'user') AS messages,
           whole_messages(output, response, 'assistant') AS output, label, location, line, run_id,
           $run_id AS replaced_run_id
    FROM calls i
    WHERE interaction_id IN (FROM known)
      -- A row without an id may get another number: then its place still gives what it gave.
      AND NOT EXISTS (
          FROM incoming n
          WHERE n.place IS NOT NULL AND (n.location, n.place, n.content_hash) = (i.location, i.line, i.content_hash)
            AND n.label IS NOT DISTINCT FROM i.label
      )
    UNION ALL BY NAME
    SELECT n.interaction_id, n.content_hash, s.messages, s.output, n.label, n.location, n.place AS line,
           $run_id AS run_id, $run_id AS replaced_run_id
    FROM staging_interactions s JOIN (FROM incoming WHERE recency > 1) n USING (file_number, line, part)
),
counting AS (
    SELECT interaction_id, content_hash, label FROM incoming
    WHERE recency = 1 AND interaction_id IN (SELECT interaction_id FROM seen)
    UNION ALL
    SELECT interaction_id, content_hash, label FROM interactions
    WHERE interaction_id IN (SELECT interaction_id FROM seen)
      AND interaction_id NOT IN (SELECT interaction_id FROM incoming WHERE recency = 1 UNION FROM stale)
)
SELECT DISTINCT ON (s.interaction_id, s.content_hash, s.label) s.*
FROM seen s
LEFT JOIN counting c USING (interaction_id)
LEFT JOIN pull_files f ON f.location = s.location
WHERE (s.content_hash, s.label) IS DISTINCT FROM (c.content_hash, c.label)
ORDER BY s.interaction_id, s.content_hash, s.label, f.file_number DESC NULLS LAST, s.line DESC,
         s.run_id
