-- Answers in train that nobody has rated.
-- serves: answers
-- place: 12
-- audited: no
-- why: nobody has rated it
SELECT example_id, (md5_number_lower(example_id) % 1000000)::DOUBLE / 1000000 AS score
FROM verdicts
WHERE reason = 'unrated' AND side = 'train' AND example_id NOT IN (
    SELECT example_id FROM example_inputs JOIN cover c USING (input_hash)
    WHERE c.kind = $kind AND c.detector = 'coverage')
