-- Why examples are not in a version (tables kept, left_out), each under its first reason; one row
-- per reason in the order of stages.
SELECT reason, count(*)
FROM (
    SELECT coalesce(v.reason, l.reason, $otherwise) AS reason,
           coalesce(v.place, CASE WHEN l.example_id IS NULL THEN 3001 ELSE 3000 END) AS place
    FROM verdicts v
    LEFT JOIN left_out l USING (example_id)
    WHERE v.example_id NOT IN (SELECT example_id FROM kept)
)
GROUP BY reason ORDER BY min(place), count(*) DESC, reason
