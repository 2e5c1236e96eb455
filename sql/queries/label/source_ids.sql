-- Which of some texts are ids of the logs; one row per id.
SELECT DISTINCT source_id FROM interactions WHERE source_id IN (SELECT unnest($ids::VARCHAR[])) ORDER BY source_id
