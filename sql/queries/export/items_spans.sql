-- What may have spans (view kept_texts); one row per example in an item.
SELECT item_id, spans, task, query, response FROM kept_texts
WHERE spans IS NOT NULL OR task = 'extraction'
