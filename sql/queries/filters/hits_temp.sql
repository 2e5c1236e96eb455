-- What the rules on content drop in examples as they are now; one row per example and rule.
CREATE OR REPLACE TEMP TABLE hits AS
SELECT h.example_id, h.rule, h.reason, h.score, NULL::INTEGER AS place, NULL::VARCHAR AS judges,
       NULL::VARCHAR AS evidence
FROM filter_hits h
JOIN examples e USING (example_id)
JOIN filter_checked c ON c.example_id = h.example_id AND c.revision = e.revision
