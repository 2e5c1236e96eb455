-- Examples that the rules on content have not judged in their present revision; one row per example.
CREATE OR REPLACE TEMP TABLE unjudged AS
SELECT e.example_id, e.pulled_by
FROM examples e
LEFT JOIN filter_checked c USING (example_id)
WHERE c.revision IS DISTINCT FROM e.revision
