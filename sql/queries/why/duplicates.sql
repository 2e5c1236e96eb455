-- Duplicates of the example; one row per other member of its group that survives or falls to it.
SELECT 'survivor is' AS what, survivor AS other, method, similarity FROM duplicates WHERE example_id = $id
UNION ALL
SELECT 'survivor of', example_id, method, similarity FROM duplicates WHERE survivor = $id
ORDER BY what, method, similarity DESC, other
