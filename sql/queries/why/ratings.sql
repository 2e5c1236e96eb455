-- All feedback on the example, replaced feedback first; one row per feedback and value.
SELECT f.kind, f.value, 1 + 4 * f.rating_norm AS human_rating, f.rater_type, f.created_at,
       f.run_id, false AS replaced
FROM feedback f WHERE f.interaction_id = $id
UNION ALL
SELECT h.kind, h.value, 1 + 4 * h.rating_norm, NULL, NULL, h.run_id, true
FROM feedback_history h WHERE h.interaction_id = $id
ORDER BY replaced DESC, run_id, created_at NULLS FIRST
