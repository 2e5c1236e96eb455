-- Kept examples of one side with their normalised input; one row per example.
SELECT v.example_id, t.text
FROM verdicts v
JOIN example_inputs x USING (example_id)
JOIN inputs t USING (input_hash)
WHERE v.side = $side AND v.reason IS NULL
ORDER BY v.example_id
