-- The beginning of what some examples say (table texts); one row per example.
SELECT example_id,
       coalesce(left(query, $longest) || CASE WHEN length(query) > $longest THEN ' ...' ELSE '' END, '') AS query,
       coalesce(left(response, $longest) || CASE WHEN length(response) > $longest THEN ' ...' ELSE '' END, '') AS response
FROM texts
ORDER BY example_id
