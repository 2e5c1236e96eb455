-- What suspicions rest on, as digests that no order of rows changes; one row.
SELECT (SELECT bit_xor(md5_number(concat_ws(chr(31), e.example_id, coalesce(e.label, ''), coalesce(x.input_hash, ''),
                                            coalesce(v.side, ''), coalesce(v.exposed, false),
                                            c.example_id IS NOT NULL, m.input_hash IS NOT NULL)))
        FROM examples e
        LEFT JOIN example_inputs x ON x.example_id = e.example_id AND x.revision = e.revision
        LEFT JOIN embeddings m USING (input_hash)
        LEFT JOIN verdicts v ON v.example_id = e.example_id
        LEFT JOIN hand_labels c ON c.example_id = e.example_id)::VARCHAR AS examples,
       (SELECT bit_xor(md5_number(concat_ws(chr(31), 'near', a, b, similarity)))
        FROM input_pairs WHERE similarity >= $near)::VARCHAR AS near,
       (SELECT bit_xor(md5_number(concat_ws(chr(31), 'semantic', a, b, similarity)))
        FROM semantic_pairs
        WHERE similarity >= $semantic AND difference IS DISTINCT FROM 'script')::VARCHAR AS semantic
