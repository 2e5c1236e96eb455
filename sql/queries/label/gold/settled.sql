-- Examples of today's versions whose answer people have settled by work of a kind, with what is then expected; one row
-- per example, those that were asked least as gold questions first, then by lot. Two who say the same settle it (of
-- ratings: all are within a star of their mean), or one who adjudicated; without answers, what was told by hand.
WITH said AS (
    SELECT d.example_id,
           bool_or(coalesce(NOT list_contains(t.adjudicates, d.annotator), false)) AS adjudicated,
           count(*) FILTER (d.kind = 'drop') AS drops,
           count(*) FILTER (d.kind = 'relabel' AND d.value = s.label) AS labels,
           count(*) FILTER (d.kind = 'correct' AND d.value = s.correction) AS corrections,
           count(*) FILTER (d.kind = 'rate') AS rates,
           max(abs(try_cast(d.value AS DOUBLE) - s.rating)) FILTER (d.kind = 'rate') AS apart
    FROM current_decisions d
    JOIN tasks t USING (task_key)
    LEFT JOIN settled s ON s.example_id = d.example_id AND s.from_id IS NULL
    WHERE NOT d.stale AND t.kind = $kind
    GROUP BY d.example_id
),
expecting AS (
    SELECT e.example_id, e.source_id, e.content_hash, e.label, v.side, v.reason IS NULL AS kept,
           coalesce(e.query, '') AS query,
           CASE
               WHEN s.verdict = 'drop' AND (drops >= 2 OR adjudicated) THEN [['drop', NULL]]
               WHEN s.verdict = 'drop' THEN NULL
               WHEN $votes = 'verdict' AND (labels >= 2 OR labels = 1 AND adjudicated) THEN [['relabel', s.label]]
               WHEN $marks AND (corrections >= 2 OR corrections = 1 AND adjudicated) THEN [['correct', s.correction]]
               WHEN $votes = 'rate' AND (rates >= 2 OR rates = 1 AND adjudicated) AND apart <= 1 AND drops = 0
                   THEN [['rate', s.rating::VARCHAR]]
               WHEN a.example_id IS NOT NULL THEN NULL
               WHEN $votes = 'verdict' AND s.label IS NULL AND b.corrected IS NOT NULL AND h.example_id IS NOT NULL
                   THEN [['relabel', e.label]]
               WHEN $marks AND starts_with(ltrim(c.value), '{') THEN [['correct', c.value]]
               WHEN $votes = 'rate' AND r.rater_type = 'human_expert' AND r.origin <> 'annotation'
                   THEN [['rate', r.human_rating::VARCHAR]]
           END AS expected
    FROM examples e
    JOIN verdicts v USING (example_id)
    JOIN base_labels b ON b.interaction_id = e.example_id
    LEFT JOIN said a USING (example_id)
    LEFT JOIN hand_labels h USING (example_id)
    LEFT JOIN settled s ON s.example_id = e.example_id AND s.from_id IS NULL
    LEFT JOIN corrections c ON c.interaction_id = e.example_id AND c.kind = 'correction'
    LEFT JOIN ratings r ON r.interaction_id = e.example_id
    WHERE v.side IN ('train', 'test') AND NOT v.exposed AND NOT list_contains($taken::VARCHAR[], e.example_id)
      AND e.example_id NOT IN (SELECT example_id FROM excluded WHERE judges = 'input' AND reason <> 'dropped')
),
earlier AS (
    SELECT example_id, count(*) AS times, bool_or(state IN ('pending', 'sent') AND task_key NOT IN (
               SELECT task_key FROM annotations WHERE NOT withdrawn)) AS waiting
    FROM tasks WHERE kind = $kind AND expected IS NOT NULL AND state <> 'queued'
    GROUP BY example_id
)
SELECT x.* REPLACE (to_json(expected)::VARCHAR AS expected), NULL::VARCHAR AS other_id, coalesce(times, 0) + 1 AS round,
       [] AS detectors, NULL::DOUBLE AS score, '' AS why, NULL::VARCHAR AS suggested
FROM expecting x
LEFT JOIN earlier USING (example_id)
WHERE expected IS NOT NULL AND NOT coalesce(waiting, false)
ORDER BY round, left(sha256(concat_ws(chr(31), $seed, 'gold', x.example_id)), 12), x.example_id
