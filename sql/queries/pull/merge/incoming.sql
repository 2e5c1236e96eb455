-- What the staged documents gave, with ids; one row per document and part of it (most have one),
-- recency 1 is the one that counts: the last in file order, unless a later file, not read this time
-- because it is unchanged, has its id.
-- Rows without an id get hash + '#k', k = occurrence in file order, after those of files not read.
-- An interaction whose place was read in another way before may have kept the id that it had then.
-- Place is the line that is stored: none for a row of a database, whose line is one of its page.
CREATE OR REPLACE TEMP TABLE incoming AS
WITH kept AS (
    SELECT regexp_replace(i.source_id, '#\d+$', '') AS base_id, count(*) AS occurrences
    FROM interactions i
    JOIN pull_files f ON f.location = i.location AND NOT f.was_read
    WHERE i.source = $source
    GROUP BY 1
),
numbered AS (
    SELECT coalesce(s.source_id, s.base_id || '#' || (coalesce(k.occurrences, 0) - 1 +
               row_number() OVER (PARTITION BY s.base_id ORDER BY s.file_number, s.line, s.part))
           ) AS source_id,
           s.file_number, s.location, s.line, s.part, s.row_hash, s.content_hash, s.label, s.session_id
    FROM staging_interactions s
    LEFT JOIN kept k USING (base_id)
),
named AS (
    SELECT coalesce(k.interaction_id, substr(sha256($source || chr(31) || n.source_id), 1, 32)) AS interaction_id,
           n.*
    FROM numbered n
    LEFT JOIN kept_ids k ON k.source = $source AND k.source_id = n.source_id
)
SELECT n.*, CASE WHEN n.file_number >= 0 THEN n.line END AS place,
       CASE WHEN i.interaction_id IS NULL THEN 'new'
            WHEN i.row_hash <> n.row_hash THEN 'changed' ELSE 'unchanged' END AS state,
       coalesce(f.file_number > n.file_number, false)::INTEGER + row_number() OVER (
           PARTITION BY n.interaction_id ORDER BY n.file_number DESC, n.line DESC, n.part DESC) AS recency
FROM named n
LEFT JOIN interactions i USING (interaction_id)
LEFT JOIN pull_files f ON f.location = i.location AND NOT f.was_read
