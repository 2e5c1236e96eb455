-- Where each example lies on the map; one row per example whose input has a point.
SELECT x.example_id, p.x, p.y
FROM example_inputs x JOIN map_points p USING (input_hash)
ORDER BY x.example_id
