-- Label and text of examples (ids); one row per example.
SELECT example_id, label, coalesce(query, '') FROM examples WHERE example_id IN (SELECT unnest($ids))
