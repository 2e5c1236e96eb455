-- Sides and clusters of which likeness keeps out more than a share, sides first; one row per side and
-- cluster, with the last user turns of what is out. Examples that are out for more are not counted.
WITH judged AS (
    SELECT v.side, v.reason, e.query, c.cluster_id, c.name
    FROM verdicts v
    JOIN examples e USING (example_id)
    LEFT JOIN example_inputs x USING (example_id)
    LEFT JOIN cluster_members m USING (input_hash)
    LEFT JOIN clusters c USING (cluster_id)
    WHERE v.reason IS NULL OR v.reason IN ('near_duplicate', 'semantic_duplicate', 'leak')
)
SELECT CASE WHEN grouping(side) = 0 THEN side ELSE format('cluster {} "{}"', cluster_id, name) END AS place,
       count(*) AS examples, list(query) FILTER (reason IS NOT NULL) AS out,
       list(DISTINCT reason ORDER BY reason) FILTER (reason IS NOT NULL) AS reasons
FROM judged
GROUP BY GROUPING SETS ((side), (cluster_id, name))
HAVING count(reason) > $share * count(*) AND (grouping(side) = 0 OR cluster_id IS NOT NULL)
ORDER BY grouping(side), examples DESC, place
