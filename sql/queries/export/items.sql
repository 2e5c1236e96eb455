-- Items of one side (view kept_items) without their texts, in the order of the file, which depends on seed
-- and ids alone; one row each.
SELECT item_id, example_ids, conversations, created_at, key FROM kept_items
WHERE side = $side
ORDER BY sha256($seed || '|' || item_id), item_id
