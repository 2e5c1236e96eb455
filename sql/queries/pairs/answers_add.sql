-- Stores answers (an Arrow table registered as fresh); one row per example.
INSERT INTO pair_answers BY NAME
SELECT f.*, j.state, i.source, i.document, i.preference, i.rank, r.human_rating AS rating, i.group_key,
       e.corrected, x.input_hash
FROM fresh f
JOIN judged j USING (example_id)
JOIN examples e USING (example_id)
JOIN example_inputs x USING (example_id)
JOIN interactions i ON i.interaction_id = f.example_id
LEFT JOIN ratings r ON r.interaction_id = f.example_id
