-- Examples of one side, kept or not, with their normalised input; one row per example.
SELECT v.example_id, t.text
FROM verdicts v
JOIN example_inputs x USING (example_id)
JOIN inputs t USING (input_hash)
WHERE v.side = $side
ORDER BY v.example_id
