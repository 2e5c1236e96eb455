-- The points of the map (positions: an Arrow table) with what they are coloured by; one row per example. Of more
-- than $most, those with the lowest hashes of their ids.
SELECT e.example_id, p.x, p.y, e.cluster_id, e.cluster_name, e.label, e.human_rating, e.file, e.reason,
       CASE WHEN s.contested IS NULL THEN s.tier ELSE 'contested' END AS suspicion
FROM positions p
JOIN report_examples e USING (example_id)
LEFT JOIN suspects s USING (example_id)
QUALIFY row_number() OVER (ORDER BY md5(e.example_id)) <= $most
ORDER BY e.example_id
