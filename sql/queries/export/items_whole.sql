-- Items (view kept_items) with all that they hold, those of a table registered as wanted; one row per place,
-- in no order.
SELECT w.place, k.* EXCLUDE (side, example_ids, conversations, key)
FROM kept_items k JOIN wanted w USING (item_id)
