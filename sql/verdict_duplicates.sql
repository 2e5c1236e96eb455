-- Exact duplicates of a kept example on the same side; one row per dropped member and its survivor.
-- Survivors are chosen last, among members that pass everything else: rating, then newest, then id.
CREATE OR REPLACE TEMP TABLE duplicates AS
WITH passing AS (
    SELECT e.example_id, p.side, r.human_rating, e.created_at,
           CASE WHEN $exact = 'example' THEN x.example_hash
                ELSE x.input_hash || coalesce(e.label, '') END AS same
    FROM examples e
    JOIN example_inputs x USING (example_id)
    JOIN inputs i USING (input_hash)
    JOIN plan p USING (example_id)
    LEFT JOIN ratings r ON r.interaction_id = e.example_id
    WHERE ($exact = 'example' OR $exact = 'input' AND i.text <> '')
      AND e.example_id NOT IN (SELECT example_id FROM excluded)
)
SELECT example_id, first(example_id) OVER best AS survivor
FROM passing
WINDOW best AS (
    PARTITION BY side, same
    ORDER BY human_rating DESC NULLS LAST, created_at DESC NULLS LAST, example_id
)
QUALIFY example_id <> survivor
