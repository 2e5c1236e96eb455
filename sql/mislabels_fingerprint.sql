-- A digest of labels, sides, vectors and copies, which is all that the judgement depends on; one row.
SELECT (SELECT md5(string_agg(md5(concat_ws(chr(31), e.example_id, x.input_hash, e.label, p.side, p.exposed,
                                            c.interaction_id)), '' ORDER BY e.example_id))
        FROM examples e
        JOIN example_inputs x USING (example_id)
        JOIN plan p USING (example_id)
        LEFT JOIN corrections c ON c.interaction_id = e.example_id AND c.kind = 'label'
        WHERE e.label <> ''),
       (SELECT count(*) FROM embeddings),
       (SELECT count(*) FROM input_pairs),
       (SELECT count(*) FROM semantic_pairs WHERE similarity >= 0.95),
       (SELECT (value->'$.labels')::VARCHAR FROM settings WHERE name = 'project')
