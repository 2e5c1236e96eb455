-- The pairs that the example is in; one row per pair.
SELECT p.chosen_id = $id AS is_chosen, CASE WHEN p.chosen_id = $id THEN p.rejected_id ELSE p.chosen_id END AS other,
       p.method, a.human_rating AS better, b.human_rating AS worse, v.reason
FROM pairs p
JOIN pair_verdicts v USING (pair_id)
LEFT JOIN ratings a ON a.interaction_id = p.chosen_id
LEFT JOIN ratings b ON b.interaction_id = p.rejected_id
WHERE $id IN (p.chosen_id, p.rejected_id)
ORDER BY is_chosen DESC, p.method, other
