-- Sides and clusters that lose more than a share to likeness, sides first; one row per side or cluster,
-- with the last user turns of what is out. What is out for more is not counted.
WITH judged AS (
    SELECT v.example_id, v.reason,
           unnest([v.side, format('cluster {} "{}"', c.cluster_id, c.name)]) AS place
    FROM verdicts v
    LEFT JOIN example_inputs x USING (example_id)
    LEFT JOIN cluster_members m USING (input_hash)
    LEFT JOIN clusters c USING (cluster_id)
    WHERE v.reason IS NULL OR v.reason IN ('near_duplicate', 'semantic_duplicate', 'leak')
),
losing AS (
    SELECT place, count(*) AS examples FROM judged
    WHERE place IS NOT NULL
    GROUP BY place HAVING count(reason) > $share * count(*)
)
SELECT place, examples, list(i.query) AS out, list(DISTINCT reason ORDER BY reason) AS reasons
FROM losing
JOIN judged j USING (place)
JOIN interactions i ON i.interaction_id = j.example_id
WHERE reason IS NOT NULL
GROUP BY place, examples
ORDER BY starts_with(place, 'cluster'), examples DESC, place
