-- Edge cases, and what makes them ones; one row per example. It is told from what is stored: copies that say
-- otherwise, what the last curate mislabels (edges) and the last queue of each kind (cover) found out, and the
-- tasks that were handed over about today's content; of what was asked for coverage, only what was answered.
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
    SELECT d.example_id, d.kind FROM edges d JOIN examples e ON e.example_id = d.example_id AND e.label = d.given
    UNION ALL
    SELECT x.example_id, c.detector
    FROM cover c
    JOIN example_inputs x USING (input_hash)
    WHERE c.detector = 'out_of_scope'
)
SELECT example_id, string_agg(DISTINCT reason, ', ' ORDER BY reason) AS reason FROM named GROUP BY example_id
