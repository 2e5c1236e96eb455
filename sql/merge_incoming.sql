-- The staged documents with their ids; one row per document, recency 1 is the one that counts.
-- Rows without an id get hash + '#k', k = occurrence in file order, after those of files not read.
CREATE OR REPLACE TEMP TABLE incoming AS
WITH kept AS (
    SELECT regexp_replace(i.source_id, '#\d+$', '') AS base_id, count(*) AS occurrences
    FROM interactions i
    JOIN pull_files f ON f.location = i.location AND NOT f.was_read
    WHERE i.source = $source
    GROUP BY 1
),
numbered AS (
    SELECT s.* EXCLUDE (source_id),
           coalesce(s.source_id, s.base_id || '#' || (coalesce(k.occurrences, 0) - 1 +
               row_number() OVER (PARTITION BY s.base_id ORDER BY s.file_number, s.line))
           ) AS source_id
    FROM staging_interactions s
    LEFT JOIN kept k USING (base_id)
)
SELECT substr(sha256($source || chr(31) || source_id), 1, 32) AS interaction_id,
       interaction_id NOT IN (SELECT interaction_id FROM interactions) AS was_new,
       $source AS source, $run_id AS run_id,
       row_number() OVER (PARTITION BY source_id ORDER BY file_number DESC, line DESC) AS recency,
       *
FROM numbered
