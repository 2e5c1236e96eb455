-- Examples that can be asked about, and what is shown; one row per example, the first of each duplicate
-- group: for relabel one per input and label, else one per input and answer. What was asked before, of
-- the same content, is left out, unless annotators disagreed: then it is asked once more.
WITH asked AS (
    SELECT example_id, content_hash, max(round) AS round
    FROM tasks WHERE kind = $kind AND state IN ('pending', 'sent')
    GROUP BY ALL
),
reasons AS (
    SELECT example_id, list(detector ORDER BY place, score, detector) AS detectors, min(place) AS place,
           arg_min(score, (place, score, detector)) AS score, arg_min(why, (place, score, detector)) AS why,
           max(suggested) AS suggested
    FROM flags WHERE list_contains($detectors, detector) GROUP BY example_id
)
SELECT e.example_id, e.source_id, e.content_hash, e.label, e.task, v.side,
       bool_or(v.reason IS NULL) OVER alike AS kept,
       coalesce(f.detectors, []) AS detectors, f.place, f.score, f.why, f.suggested,
       coalesce(a.round, 0) + 1 AS round, coalesce(e.query, '') AS query, e.messages, e.response
FROM examples e
JOIN example_inputs x USING (example_id)
JOIN verdicts v USING (example_id)
LEFT JOIN reasons f USING (example_id)
LEFT JOIN asked a ON a.example_id = e.example_id AND a.content_hash = e.content_hash
WHERE v.side IN ('train', 'test') AND NOT v.exposed AND (v.reason IS NULL OR f.example_id IS NOT NULL)
  AND coalesce(v.reason, '') NOT IN ('leak', 'dropped', 'duplicate', 'near_duplicate', 'semantic_duplicate')
  AND (a.example_id IS NULL OR list_contains(f.detectors, 'annotators'))
  AND (a.example_id IS NOT NULL OR $kind <> 'relabel' OR e.example_id NOT IN (SELECT example_id FROM hand_labels))
WINDOW alike AS (
    PARTITION BY x.input_hash, CASE WHEN $kind = 'relabel' THEN coalesce(e.label, '') ELSE x.example_hash END)
QUALIFY row_number() OVER (alike ORDER BY f.place NULLS LAST, f.score NULLS LAST, e.example_id) = 1
ORDER BY f.place NULLS LAST, f.score, e.example_id
