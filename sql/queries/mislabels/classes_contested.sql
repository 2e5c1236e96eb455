-- Examples that annotators see otherwise than each other, or disagreed about before most of them agreed; one row
-- per example.
SELECT example_id FROM current_decisions
WHERE about = 'verdict' AND NOT stale
GROUP BY example_id HAVING count(DISTINCT coalesce(value, kind)) > 1
