-- Staged spans that hold the calls of their trace; one row per span, with where the last of the calls
-- is staged (NULL: they are stored), which what people said of the trace is said of.
CREATE OR REPLACE TEMP TABLE outer_spans AS
WITH spans AS (
    SELECT trace_id, file_number, location, line, part, row_key, created_at, session_id, group_key,
           user_key, coalesce((metadata ->> 'is_root') = 'true', false) AS is_outer
    FROM staging_interactions
    WHERE trace_id IS NOT NULL
),
last AS (
    SELECT trace_id,
           arg_max({file_number: file_number, location: location, line: line, part: part, row_key: row_key},
                   (coalesce(created_at, TIMESTAMP '0001-01-01'), file_number, line, part)) AS place
    FROM spans
    WHERE NOT is_outer
    GROUP BY ALL
)
SELECT s.trace_id, s.file_number, s.line, s.part, s.session_id, s.group_key, s.user_key, last.place
FROM spans s LEFT JOIN last USING (trace_id)
WHERE s.is_outer
  AND (last.trace_id IS NOT NULL OR s.trace_id IN (
      SELECT trace_id FROM interactions
      WHERE source = $source AND NOT coalesce((metadata ->> 'is_root') = 'true', false)))
