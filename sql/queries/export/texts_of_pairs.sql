-- Makes the temporary view of what items (view kept_items) say that are pairs; one row per example in one.
CREATE OR REPLACE TEMPORARY VIEW kept_texts AS
SELECT item_id, unnest(chosen) FROM kept_items
UNION ALL BY NAME
SELECT item_id, unnest(rejected) FROM kept_items
