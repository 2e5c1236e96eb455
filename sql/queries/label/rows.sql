-- Tasks of the ledger with what is shown of their examples; one row per task, in the order of the queue.
SELECT t.task_key, t.kind, t.example_id, t.other_id, t.content_hash, t.label_seen, t.why, t.suggested, t.blind,
       t.swapped, t.state, t.server, t.place, t.prefill, e.source_id, coalesce(p.query, e.query) AS query,
       coalesce(p.context, e.context) AS context, coalesce(p.answer, i.response) AS response, e.label,
       coalesce(p.other_answer, o.response) AS other_response, m.probability,
       t.expected, t.adjudicates,
       CASE WHEN p.query IS NULL OR p.query = i.query THEN i.messages::VARCHAR END AS messages,
       -- What models answered stands in answer_pairs alone.
       CASE WHEN p.answer IS NULL THEN i.output::VARCHAR END AS output,
       CASE WHEN p.answer IS NULL THEN o.output::VARCHAR END AS other_output, i.tools::VARCHAR AS tools,
       (SELECT max(value->>'$.schema') FROM settings WHERE name = 'contract') AS schema,
       (SELECT coalesce(max((value->>'$.multi_label')::BOOLEAN), false) FROM settings WHERE name = 'project') AS multi_label
FROM tasks t
LEFT JOIN examples e ON e.example_id = t.example_id
LEFT JOIN interactions i ON i.interaction_id = t.example_id
LEFT JOIN interactions o ON o.interaction_id = t.other_id
LEFT JOIN answer_pairs p ON p.content_hash = t.content_hash
LEFT JOIN mislabels m ON m.example_id = t.example_id AND m.suggested = t.suggested
WHERE t.task_key IN (SELECT unnest($keys::VARCHAR[]))
ORDER BY t.place, t.task_key
