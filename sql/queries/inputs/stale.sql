-- Examples whose input is not computed, or was computed from other content, up to a number; one row per
-- example.
CREATE OR REPLACE TEMP TABLE stale_inputs AS
SELECT e.example_id, e.revision
FROM examples e
LEFT JOIN example_inputs i USING (example_id)
WHERE i.revision IS DISTINCT FROM e.revision
LIMIT $most
