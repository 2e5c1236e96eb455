-- The answers that annotators found worse than another one, or bad; one row per loser.
CREATE OR REPLACE VIEW preferences AS
SELECT loser, min(annotator) AS annotator, max(made_at) AS made_at
FROM (
    SELECT unnest(CASE preferred WHEN example_id THEN [other_id] WHEN other_id THEN [example_id]
                       WHEN 'both_bad' THEN [example_id, other_id] ELSE [] END) AS loser, annotator, made_at
    FROM settled_pairs
)
GROUP BY loser;
COMMENT ON VIEW preferences IS 'Answers that annotators found worse than another one, or bad; one row per loser.';
