-- What the merge did to feedback; one row: new, changed, unchanged.
SELECT count(*) FILTER (f.run_id = $run_id AND changed IS NULL), count(*) FILTER (changed),
       count(*) FILTER (f.run_id <> $run_id)
FROM incoming_feedback n
JOIN feedback f USING (feedback_id)
LEFT JOIN (SELECT feedback_id, true AS changed FROM feedback_history
           WHERE replaced_run_id = $run_id GROUP BY ALL) h USING (feedback_id)
