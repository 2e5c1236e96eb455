-- Exact duplicates of the example; one row per other member of its group.
SELECT 'survivor is' AS what, survivor AS other FROM duplicates WHERE example_id = $id
UNION ALL
SELECT 'survivor of', example_id FROM duplicates WHERE survivor = $id
ORDER BY ALL
