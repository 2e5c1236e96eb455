-- Documents that keep the id of the interaction that stood in their place, though they go by another
-- name now that their file is read anew; one row per document. Where both names are ids of the log,
-- the ids are the log's own matter.
INSERT INTO kept_ids BY NAME
WITH unnamed AS (
    SELECT i.interaction_id, i.source_id AS former, i.location, i.line AS place,
           row_number() OVER (PARTITION BY i.location, i.line ORDER BY i.preference, i.rank, i.source_id) AS number
    FROM interactions i
    JOIN files_anew USING (location)
    WHERE i.source = $source AND i.line IS NOT NULL
      AND i.interaction_id NOT IN (SELECT interaction_id FROM incoming)
),
unknown AS (
    SELECT n.source_id, n.location, n.place,
           row_number() OVER (PARTITION BY n.location, n.place ORDER BY n.part) AS number
    FROM incoming n
    JOIN files_anew USING (location)
    WHERE n.recency = 1 AND n.state = 'new' AND n.place IS NOT NULL
)
SELECT $source AS source, n.source_id, i.interaction_id, $run_id AS run_id
FROM unknown n
JOIN unnamed i USING (location, place, number)
WHERE (regexp_full_match(n.source_id, '[0-9a-f]{32}#\d+') OR regexp_full_match(i.former, '[0-9a-f]{32}#\d+'))
  -- Equal documents are told apart by their number, which their file decides.
  AND regexp_replace(n.source_id, '#\d+$', '') <> regexp_replace(i.former, '#\d+$', '')
  AND NOT EXISTS (FROM kept_ids k WHERE (k.source, k.source_id) = ($source, n.source_id))
ORDER BY n.source_id
RETURNING source_id
