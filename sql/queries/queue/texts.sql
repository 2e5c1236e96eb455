-- The questions of some examples; one row per example.
SELECT example_id, coalesce(query, '') FROM examples WHERE list_contains($ids, example_id)
