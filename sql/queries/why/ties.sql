-- What annotators disagree about, so that nothing follows; one row per thing and value, of pairs per pair.
WITH settled_here AS (
    SELECT 'verdict' AS about FROM settled WHERE example_id = $id AND coalesce(verdict, label) IS NOT NULL
    UNION ALL SELECT 'correct' FROM settled WHERE example_id = $id AND correction IS NOT NULL
    UNION ALL SELECT 'spans' FROM settled WHERE example_id = $id AND spans IS NOT NULL
),
open AS (
    SELECT about, CASE WHEN example_id = $id THEN other_id ELSE example_id END AS other_id,
           coalesce(value, kind) AS value, annotator
    FROM current_decisions
    -- Of ratings the mean counts.
    WHERE NOT stale AND about <> 'rate' AND $id IN (example_id, other_id)
      AND CASE about WHEN 'prefer' THEN (least(example_id, other_id), greatest(example_id, other_id)) NOT IN (
                                            SELECT (example_id, other_id) FROM settled_pairs)
               ELSE example_id = $id AND about NOT IN (FROM settled_here) END
)
SELECT about, other_id, value, list(annotator ORDER BY annotator) AS annotators
FROM open
GROUP BY about, other_id, value
QUALIFY count(*) OVER (PARTITION BY about, other_id) > 1
ORDER BY about, other_id, value
