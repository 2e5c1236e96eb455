-- Reasons that drop over 30% of a cluster of 20 or more examples and over three times their usual
-- share, or all of it though they spare most others; one row per reason and cluster.
WITH members AS (
    SELECT m.cluster_id, x.example_id
    FROM cluster_members m JOIN example_inputs x USING (input_hash)
),
sizes AS (SELECT cluster_id, count(*) AS examples FROM members GROUP BY cluster_id),
dropped AS (
    SELECT m.cluster_id, e.reason, count(DISTINCT e.example_id) AS dropped
    FROM members m JOIN excluded e USING (example_id)
    GROUP BY ALL
),
usual AS (
    SELECT reason, count(DISTINCT example_id) / (SELECT count(*) FROM members) AS share
    FROM excluded WHERE example_id IN (SELECT example_id FROM members)
    GROUP BY reason
)
SELECT d.reason, c.cluster_id, c.name, d.dropped, s.examples, round(u.share, 4)
FROM dropped d
JOIN sizes s USING (cluster_id)
JOIN clusters c USING (cluster_id)
JOIN usual u USING (reason)
WHERE s.examples >= 20
  AND (d.dropped > 0.3 * s.examples AND d.dropped > 3 * u.share * s.examples
       OR d.dropped = s.examples AND u.share < 0.7)
ORDER BY d.dropped / s.examples DESC, d.dropped DESC, d.reason, c.cluster_id
