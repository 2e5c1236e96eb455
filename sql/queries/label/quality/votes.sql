-- What each annotator says today of each example, per kind of work; one row per kind, example and annotator.
-- Of a pair, this is the example itself, other the one beside it. A drop is a vote in any kind; among ratings it
-- stands for less than one star.
SELECT t.kind, d.example_id, d.annotator,
       CASE WHEN d.kind = 'drop' AND k.votes = 'rate' THEN '0'
            WHEN k.about <> 'pair' THEN coalesce(d.value, d.kind)
            WHEN d.value = t.example_id THEN 'this' WHEN d.value = t.other_id THEN 'other' ELSE d.value END AS value
FROM independent_decisions d
JOIN tasks t USING (task_key)
JOIN (
    SELECT k.* FROM (
        SELECT unnest($kinds::STRUCT(kind VARCHAR, about VARCHAR, votes VARCHAR, settled_by VARCHAR[])[]) AS k)
) k ON k.kind = t.kind
WHERE NOT d.stale AND (d.about = k.votes OR d.kind = 'drop')
QUALIFY row_number() OVER (PARTITION BY t.kind, d.example_id, d.annotator, t.other_id ORDER BY d.kind <> 'drop') = 1
ORDER BY t.kind, d.example_id, d.annotator
