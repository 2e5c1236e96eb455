-- What signals rest on (temporary view signal_answers), as a digest that no order of rows changes; one row.
SELECT count(*) AS answers,
       bit_xor(md5_number(concat_ws(chr(31), example_id, revision, input_hash, coalesce(rating, 0),
                                    coalesce(cluster_id, 0), conversation_id)))::VARCHAR AS rows
FROM signal_answers
