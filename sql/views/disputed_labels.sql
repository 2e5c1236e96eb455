-- The examples that raters labelled otherwise than each other, and annotators have not settled; one row per example.
CREATE OR REPLACE VIEW disputed_labels AS
SELECT f.interaction_id AS example_id, string_agg(DISTINCT f.value, ' or ' ORDER BY f.value) AS labels
FROM feedback f
JOIN corrections c ON c.interaction_id = f.interaction_id AND c.kind = 'label' AND c.rater_type = f.rater_type
WHERE f.kind = 'label' AND f.interaction_id NOT IN (SELECT example_id FROM settled)
GROUP BY f.interaction_id
HAVING count(DISTINCT f.value) > 1 AND count(DISTINCT f.rater_key) > 1;
COMMENT ON VIEW disputed_labels IS 'Examples that raters labelled otherwise than each other, and annotators have not settled.';
