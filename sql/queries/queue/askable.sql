-- Makes the table of examples that can be asked about: one row per example, the first of each duplicate
-- group: of work about labels one per input and label, else one per input and answer. What an answer could
-- not bring in is left out, and what was asked before: itself, unless annotators disagreed and nobody is
-- asked yet who breaks the tie; a copy with the same label or answer; and any label of an input about
-- which an annotator still thinks.
CREATE OR REPLACE TEMP TABLE askable AS
WITH asked AS (
    SELECT example_id, content_hash, label_seen, max(round) AS round, arg_max(NOT answered, round) AS waiting
    FROM (
        SELECT example_id, content_hash, label_seen, round, answered FROM asked_tasks WHERE kind = $kind
        -- What is in another queue is as good as asked.
        UNION ALL
        SELECT example_id, content_hash, label_seen, round, false FROM tasks
        WHERE kind = $kind AND state = 'queued' AND queue <> $queue
    )
    GROUP BY ALL
),
copies AS (
    SELECT x.input_hash, x.example_hash, a.label_seen, a.waiting
    FROM asked a
    JOIN examples e USING (example_id, content_hash)
    JOIN example_inputs x USING (example_id)
),
reasons AS (
    SELECT example_id, list(detector ORDER BY place, score, detector) AS detectors, min(place) AS place,
           list({'detector': detector, 'place': place, 'score': score, 'because': because, 'facts': facts}
                ORDER BY place, score, detector) AS flags,
           arg_min(score, (place, score, detector)) AS score, max(suggested) AS suggested
    FROM flags GROUP BY example_id
)
SELECT e.example_id, e.source_id, e.content_hash, e.label, e.task, v.side,
       bool_or(v.reason IS NULL) OVER alike AS kept,
       CASE WHEN $about = 'label' THEN x.input_hash ELSE x.example_hash END AS copies,
       coalesce(f.detectors, []) AS detectors, f.flags, f.place, f.score, f.suggested,
       coalesce(a.round, 0) + 1 AS round
FROM examples e
JOIN example_inputs x USING (example_id)
JOIN verdicts v USING (example_id)
LEFT JOIN reasons f USING (example_id)
LEFT JOIN asked a ON a.example_id = e.example_id AND a.content_hash = e.content_hash
WHERE (NOT $scoped OR e.example_id IN (SELECT example_id FROM scope))
  AND v.side IN ('train', 'test') AND NOT v.exposed AND (v.reason IS NULL OR f.example_id IS NOT NULL)
  AND e.example_id NOT IN (
      SELECT example_id FROM excluded
      WHERE judges = 'input' OR $about = 'label' AND reason NOT IN ('no_label', 'unknown_label'))
  AND CASE
      WHEN a.example_id IS NOT NULL THEN list_contains(f.detectors, 'annotators') AND NOT a.waiting
      WHEN $about = 'label' THEN
          x.input_hash NOT IN (SELECT input_hash FROM copies WHERE waiting)
          AND (x.input_hash, coalesce(e.label, '')) NOT IN (
              SELECT (input_hash, coalesce(label_seen, '')) FROM copies
              UNION ALL
              SELECT (i.input_hash, coalesce(h.label, '')) FROM hand_labels
              JOIN examples h USING (example_id) JOIN example_inputs i USING (example_id))
          OR list_contains(f.detectors, 'raters')
      ELSE e.content_hash NOT IN (SELECT content_hash FROM asked)
          AND x.example_hash NOT IN (SELECT example_hash FROM copies) END
WINDOW alike AS (
    PARTITION BY x.input_hash, CASE WHEN $about = 'label' THEN coalesce(e.label, '') ELSE x.example_hash END)
QUALIFY row_number() OVER (
    alike ORDER BY f.place NULLS LAST, f.score NULLS LAST, len(f.detectors) DESC, e.example_id) = 1
