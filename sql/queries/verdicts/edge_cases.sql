-- Edge cases, and what makes them ones; one row per example. It is told from what is stored: copies that say
-- otherwise, what the last curate mislabels (edges) and the last queue of each kind (cover) found out, and the
-- tasks that were handed over about today's content, as the headers of their detectors say.
CREATE OR REPLACE TEMP TABLE edge_cases AS
WITH detectors AS (
    SELECT d.* FROM (
        SELECT unnest($detectors::STRUCT(detector VARCHAR, reason VARCHAR, once_answered BOOLEAN)[]) AS d)
),
asked AS (
    SELECT t.example_id, unnest(t.detectors) AS detector, t.answered
    FROM asked_tasks t
    JOIN examples e USING (example_id, content_hash)
),
named AS (
    SELECT example_id, 'disagreement' AS reason FROM issues WHERE kind IN ('contradictory_label', 'contradictory_rating')
    UNION ALL
    SELECT a.example_id, d.reason FROM asked a JOIN detectors d USING (detector)
    WHERE a.answered OR NOT d.once_answered
    UNION ALL
    SELECT d.example_id, d.kind FROM edges d JOIN examples e ON e.example_id = d.example_id AND e.label = d.given
    UNION ALL
    SELECT x.example_id, c.detector
    FROM cover c
    JOIN example_inputs x USING (input_hash)
    WHERE c.detector = 'out_of_scope'
)
SELECT example_id, string_agg(DISTINCT reason, ', ' ORDER BY reason) AS reason FROM named GROUP BY example_id
