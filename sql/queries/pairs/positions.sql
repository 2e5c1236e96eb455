-- How often annotators preferred the answer that was shown first; one row: that, of how many that they
-- decided.
SELECT count(*) FILTER (d.value = CASE WHEN t.swapped THEN t.other_id ELSE t.example_id END), count(*)
FROM current_decisions d
JOIN tasks t USING (task_key)
WHERE d.kind = 'prefer' AND NOT d.stale AND d.value IN (t.example_id, t.other_id)
