-- The examples that meet all conditions (null: no condition), with their verdict; one row per example. A name of a
-- cluster is met by its number, or by clusters whose names have it.
CREATE OR REPLACE TEMP TABLE matching AS
SELECT e.example_id, v.reason, c.cluster_id, c.name AS cluster, r.human_rating AS rating,
       CASE WHEN v.pending THEN 'pending' WHEN v.reason IS NOT NULL THEN 'out' ELSE v.side END AS side
FROM examples e
JOIN verdicts v ON v.example_id = e.example_id
LEFT JOIN ratings r ON r.interaction_id = e.example_id
LEFT JOIN example_inputs x ON x.example_id = e.example_id
LEFT JOIN cluster_members m ON m.input_hash = x.input_hash
LEFT JOIN clusters c ON c.cluster_id = m.cluster_id
WHERE ($words IS NULL OR list_bool_and(list_transform($words, lambda word: contains(
          strip_accents(lower(concat_ws(chr(10), e.query, e.response))), strip_accents(lower(word))))))
  AND ($label IS NULL OR list_contains(e.label_names, $label) OR e.label = $label)
  AND ($cluster IS NULL OR c.cluster_id = TRY_CAST($cluster AS INTEGER)
       OR TRY_CAST($cluster AS INTEGER) IS NULL AND contains(lower(c.name), lower($cluster)))
  AND ($side IS NULL OR CASE WHEN v.pending THEN 'pending' WHEN v.reason IS NOT NULL THEN 'out' ELSE v.side END = $side)
  AND ($reason IS NULL OR v.reason = $reason)
  AND ($lowest IS NULL OR r.human_rating >= $lowest)
  AND ($highest IS NULL OR r.human_rating <= $highest)
  AND (NOT $unrated OR r.human_rating IS NULL)
  AND ($source_id IS NULL OR e.source_id = $source_id)
  AND ($model IS NULL OR e.model = $model)
  AND (NOT $scoped OR e.example_id IN (SELECT example_id FROM scope))
