-- Sides and clusters that lose more than a share to likeness, sides first; one row per side or cluster,
-- with how many are out and the inputs of some of them, the same ones every time. What is out for more is
-- not counted.
WITH judged AS (
    SELECT v.example_id, v.reason, x.input_hash,
           unnest([v.side, format('cluster {} "{}"', c.cluster_id, c.name)]) AS place
    FROM verdicts v
    LEFT JOIN example_inputs x USING (example_id)
    LEFT JOIN cluster_members m USING (input_hash)
    LEFT JOIN clusters c USING (cluster_id)
    WHERE v.reason IS NULL OR v.reason IN ('near_duplicate', 'semantic_duplicate', 'leak')
),
losing AS (
    SELECT place, count(*) AS examples, count(reason) AS out,
           list(DISTINCT reason ORDER BY reason) FILTER (reason IS NOT NULL) AS reasons
    FROM judged
    WHERE place IS NOT NULL
    GROUP BY place HAVING out > $share * examples AND out >= $least
),
looked_at AS (
    SELECT place, input_hash, example_id FROM judged
    WHERE reason IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY place ORDER BY example_id) <= $most
)
SELECT place, examples, out, reasons, list(left(n.text, $reach) ORDER BY example_id) AS texts
FROM losing
JOIN looked_at USING (place)
JOIN inputs n USING (input_hash)
GROUP BY place, examples, out, reasons
ORDER BY starts_with(place, 'cluster'), examples DESC, place
