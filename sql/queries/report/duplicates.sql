-- Examples that are out for likeness, and what stands for them: the least alike; one row per pair of inputs.
WITH alike AS (
    SELECT d.example_id, d.survivor, d.method, d.similarity,
           row_number() OVER (PARTITION BY a.input_hash, b.input_hash ORDER BY d.example_id) AS nth
    FROM duplicates d
    JOIN report_examples a ON a.example_id = d.example_id
    JOIN report_examples b ON b.example_id = d.survivor
    WHERE a.input_hash <> b.input_hash
)
SELECT example_id AS one, survivor AS other, method || ' duplicate' AS what, similarity, 'out of ' || p.side AS one_is,
       'kept in ' || p.side AS other_is, (SELECT count(*) FROM duplicates) AS total
FROM alike JOIN plan p USING (example_id)
WHERE nth = 1
ORDER BY similarity, one, other
LIMIT $most
