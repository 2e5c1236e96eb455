-- Certain continuations; one row per continuing call and the call it continues.
SELECT interaction_id, parent_id FROM continuations WHERE certain ORDER BY interaction_id
