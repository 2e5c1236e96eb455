-- The examples that raters labelled otherwise than each other, and annotators have not settled; one row per example.
CREATE OR REPLACE VIEW disputed_labels AS
WITH several AS (
    -- The word of an expert stands over a user's, as in corrections: human_expert is the smaller one.
    SELECT interaction_id, min(rater_type) AS rater_type
    FROM feedback WHERE kind = 'label' AND rater_type IN ('human_user', 'human_expert')
    GROUP BY interaction_id HAVING min(value) <> max(value)
)
SELECT interaction_id AS example_id, string_agg(DISTINCT value, ' or ' ORDER BY value) AS labels
FROM feedback JOIN several USING (interaction_id, rater_type)
WHERE kind = 'label' AND interaction_id NOT IN (SELECT example_id FROM settled)
GROUP BY interaction_id
HAVING count(DISTINCT value) > 1 AND count(DISTINCT rater_key) > 1;
COMMENT ON VIEW disputed_labels IS 'Examples that raters labelled otherwise than each other, and annotators have not settled.';
