-- What the examples of a version (table kept) are compared by and labelled with; one row per example.
SELECT k.side, i.text, i.words, e.label_names
FROM kept k
JOIN examples e USING (example_id)
JOIN example_inputs x USING (example_id)
JOIN inputs i USING (input_hash)
ORDER BY example_id
