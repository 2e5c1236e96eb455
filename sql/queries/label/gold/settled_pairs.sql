-- Pairs whose better answer people have settled: two who say the same, or one who adjudicated; one row per pair as it
-- was asked first, those that were asked least as gold questions first, then by lot.
WITH said AS (
    SELECT p.example_id AS one, p.other_id AS two, p.preferred, count(*) AS votes,
           bool_or(coalesce(NOT list_contains(t.adjudicates, d.annotator), false)) AS adjudicated,
           arg_min(t.example_id, (t.round, t.task_key)) AS example_id,
           arg_min(t.other_id, (t.round, t.task_key)) AS other_id
    FROM current_decisions d
    JOIN tasks t USING (task_key)
    JOIN settled_pairs p ON p.example_id = least(d.example_id, d.other_id)
                        AND p.other_id = greatest(d.example_id, d.other_id) AND p.preferred = d.value
    WHERE NOT d.stale AND t.kind = $kind
    GROUP BY ALL
),
earlier AS (
    SELECT least(example_id, other_id) AS one, greatest(example_id, other_id) AS two, count(*) AS times,
           bool_or(state IN ('pending', 'sent') AND task_key NOT IN (
               SELECT task_key FROM annotations WHERE NOT withdrawn)) AS waiting
    FROM tasks WHERE kind = $kind AND expected IS NOT NULL AND state <> 'queued'
    GROUP BY ALL
)
SELECT s.example_id, s.other_id, e.source_id, e.content_hash, e.label, v.side, v.reason IS NULL AS kept,
       coalesce(e.query, '') AS query, to_json([['prefer', s.preferred]])::VARCHAR AS expected,
       coalesce(times, 0) + 1 AS round, [] AS detectors, NULL::DOUBLE AS score, '' AS why, NULL::VARCHAR AS suggested
FROM said s
JOIN examples e ON e.example_id = s.example_id
JOIN verdicts v ON v.example_id = s.example_id
LEFT JOIN earlier r ON r.one = s.one AND r.two = s.two
WHERE (s.votes >= 2 OR s.adjudicated) AND NOT coalesce(r.waiting, false)
  AND v.side IN ('train', 'test') AND NOT v.exposed
  AND NOT list_contains($taken::VARCHAR[], s.example_id)
  AND s.example_id NOT IN (
      SELECT example_id FROM excluded WHERE judges = 'input' AND reason <> 'dropped')
ORDER BY round, left(sha256(concat_ws(chr(31), $seed, 'gold', s.one, s.two)), 12), s.one, s.two
