-- Examples of whose answer somebody says how good it is, with a digest of all that their pairs
-- depend on; one row per example, or only of those that the pairs of today were made of.
CREATE OR REPLACE TEMP TABLE judged AS
WITH preferred AS (
    SELECT example_id, string_agg(said, ' ' ORDER BY said) AS said
    FROM (
        SELECT unnest([example_id, other_id]) AS example_id,
               concat_ws('/', example_id, other_id, preferred) AS said
        FROM settled_pairs
    )
    GROUP BY example_id
)
SELECT e.example_id,
       md5(concat_ws(chr(31), e.revision, x.input_hash, coalesce(r.human_rating::VARCHAR, ''),
                     coalesce(p.said, ''))) AS state
FROM examples e
JOIN calls i ON i.interaction_id = e.example_id
JOIN example_inputs x USING (example_id)
LEFT JOIN ratings r ON r.interaction_id = e.example_id
LEFT JOIN preferred p USING (example_id)
WHERE e.task IS DISTINCT FROM 'classification' AND i.output IS NOT NULL
  AND (r.human_rating IS NOT NULL OR i.rank IS NOT NULL OR i.document IS NOT NULL OR e.corrected
       OR p.said IS NOT NULL)
  AND ($all OR e.example_id IN (SELECT example_id FROM pair_answers))
