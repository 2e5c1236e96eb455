-- Examples in train without a label, or with one that is none of the project's.
-- serves: labels
-- place: 12
-- audited: no
-- why no_label: it has no label
-- why unknown_label: its label is none of the project's
SELECT example_id, 0::DOUBLE AS score, reason AS because
FROM verdicts
WHERE reason IN ('no_label', 'unknown_label') AND side = 'train' AND example_id NOT IN (
    SELECT example_id FROM example_inputs JOIN cover c USING (input_hash)
    WHERE c.kind = $kind AND c.detector = 'coverage')
