-- Which examples the rows of an audited sample (an Arrow table registered as sample) name: by example id, by
-- the id that the source gave, or by the first twelve characters that are shown of an example id; one row per
-- row of the sample and example.
WITH named AS (
    SELECT number, example_id, 1 AS way FROM sample JOIN labels_today t ON t.example_id = sample.id
    UNION ALL
    SELECT number, example_id, 2 FROM sample JOIN labels_today t ON t.source_id = sample.id
    WHERE sample.source IS NULL OR sample.source = t.source
    UNION ALL
    SELECT number, example_id, 3 FROM sample JOIN labels_today t ON t.example_id[:12] = sample.id
)
SELECT n.number, t.*
FROM named n
JOIN labels_today t USING (example_id)
QUALIFY way = min(way) OVER (PARTITION BY number)
ORDER BY n.number, t.example_id
