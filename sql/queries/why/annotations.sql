-- What annotators answered in the tasks of an example, every edition, the oldest first; one row per edition. An
-- edition ended in a run: edited, read again (what was not understood before), or deleted where it was made.
WITH mine AS (
    SELECT task_key, kind AS work, round, example_id, other_id, swapped, state, blind, label_seen, suggested,
           prefill, why, expected IS NOT NULL AS gold, adjudicates IS NOT NULL AS adjudication
    FROM tasks WHERE $id IN (example_id, other_id)
),
editions AS (
    SELECT a.*, NULL::INTEGER AS replaced_run_id FROM annotations a SEMI JOIN mine USING (task_key)
    UNION ALL BY NAME
    SELECT h.* FROM annotation_history h SEMI JOIN mine USING (task_key)
),
ended AS (
    SELECT *, lead(digest) OVER later AS next_digest, coalesce(lead(withdrawn) OVER later, false) AS next_withdrawn
    FROM editions
    WINDOW later AS (PARTITION BY server, annotation_id, task_key ORDER BY replaced_run_id NULLS LAST, run_id)
),
told AS (
    SELECT * EXCLUDE (next_digest, next_withdrawn),
           CASE WHEN withdrawn THEN 'deleted' WHEN replaced_run_id IS NULL THEN NULL
                WHEN next_digest = digest THEN 'read again' ELSE 'edited' END AS ended,
           CASE WHEN withdrawn THEN run_id ELSE replaced_run_id END AS ended_run_id
    FROM ended
    -- What was deleted is told by its last row, which says the same.
    WHERE withdrawn OR NOT (next_withdrawn AND next_digest = digest)
),
counted AS (
    SELECT server, annotation_id, task_key, kind, stale FROM current_decisions
    WHERE example_id IN (SELECT example_id FROM mine)
),
heard AS (
    SELECT DISTINCT annotator FROM current_decisions WHERE example_id IN (SELECT example_id FROM mine)
),
decided AS (
    SELECT t.server, t.annotation_id, t.task_key, t.run_id,
           list({'kind': d.kind, 'value': d.value} ORDER BY d.kind, d.value) AS decisions,
           bool_or(d.withdrawn) AS taken_back, max(d.withdrawn_run_id) AS taken_back_run_id,
           bool_or(d.content_hash <> i.content_hash) AS stale,
           NOT bool_or(d.withdrawn) AND bool_or(c.kind IS NULL) AS replaced
    FROM told t
    JOIN decisions d ON d.server = t.server AND d.annotation_id = t.annotation_id AND d.task_key = t.task_key
        AND CASE WHEN t.withdrawn THEN d.withdrawn_run_id = t.run_id ELSE d.run_id = t.run_id END
    LEFT JOIN interactions i ON i.interaction_id = d.example_id
    LEFT JOIN counted c ON c.server = d.server AND c.annotation_id = d.annotation_id AND c.task_key = d.task_key
        AND c.kind = d.kind
    GROUP BY ALL
)
SELECT t.annotation_id, t.annotator, t.made_at, t.updated_at, t.seconds, t.origin, t.skipped, t.problem,
       -- Nothing is decided by an answer to a gold question.
       CASE WHEN m.gold THEN list_transform(coalesce(t.answer, '[]')::VARCHAR[][],
                                            lambda d: {'kind': d[1], 'value': d[2]})
            ELSE coalesce(d.decisions, []) END AS decisions, m.gold, m.adjudication,
       coalesce(d.stale, false) AS stale,
       coalesce(d.replaced AND t.annotator IN (FROM heard), false) AS replaced,
       coalesce(d.replaced AND t.annotator NOT IN (FROM heard), false) AS outranked,
       coalesce(t.ended, CASE WHEN d.taken_back THEN 'withdrawn' END) AS ended,
       coalesce(t.ended_run_id, d.taken_back_run_id) AS ended_run_id, r.command AS ended_by,
       coalesce(r.settings->>'$.from_file', r.settings->>'$.server') AS ended_where,
       m.work, m.round, m.task_key, t.task_id, t.server, m.state AS task_state, m.example_id, m.other_id, m.swapped,
       m.blind, m.label_seen, m.suggested, m.prefill, m.why, t.run_id, t.result
FROM told t
JOIN mine m USING (task_key)
LEFT JOIN decided d USING (server, annotation_id, task_key, run_id)
LEFT JOIN runs r ON r.run_id = coalesce(t.ended_run_id, d.taken_back_run_id)
ORDER BY coalesce(t.updated_at, t.made_at) NULLS FIRST, t.annotation_id, t.server, t.task_key,
         t.replaced_run_id NULLS LAST, t.run_id
