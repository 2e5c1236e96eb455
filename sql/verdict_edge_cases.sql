-- Edge cases, and what makes them ones; one row per example. It is told from what is stored: copies that say
-- otherwise, what the last queue of each kind found out (edges), and the tasks that were handed over about
-- today's content; of what was asked for coverage, only what was answered.
CREATE OR REPLACE TEMP TABLE edge_cases AS
WITH asked AS (
    SELECT t.example_id, unnest(t.detectors) AS detector, t.answered
    FROM asked_tasks t
    JOIN examples e USING (example_id, content_hash)
),
named AS (
    SELECT example_id, 'disagreement' AS reason FROM issues WHERE kind IN ('contradictory_label', 'contradictory_rating')
    UNION ALL
    SELECT example_id, 'disagreement' FROM asked WHERE detector IN ('annotators', 'contradiction', 'raters')
    UNION ALL
    SELECT example_id, detector FROM asked WHERE detector IN ('boundary', 'out_of_scope', 'thin_cluster')
    UNION ALL
    SELECT example_id, detector FROM asked WHERE detector = 'coverage' AND answered
    UNION ALL
    SELECT x.example_id, e.detector
    FROM edges e
    JOIN example_inputs x USING (input_hash)
    WHERE e.detector IN ('boundary', 'out_of_scope')
)
SELECT example_id, string_agg(DISTINCT reason, ', ' ORDER BY reason) AS reason FROM named GROUP BY example_id
