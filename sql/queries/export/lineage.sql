-- Where each line of a version came from (a table registered as placed); one row per line, of pairs one
-- per answer.
SELECT p.split, p.line, p.role, e.example_id, p.row_hash, e.source, e.source_id,
       regexp_replace(i.location, '^/.*/', '') AS location,
       i.line AS source_line,
       i.run_id AS pull_run, r.human_rating, e.label, e.corrected, e.created_at, e.conversation_id,
       n.group_key, t.text AS input, p.edge_case IS NOT NULL AS is_edge_case, p.edge_case AS edge_case_reason
FROM placed p
JOIN examples e USING (example_id)
JOIN plan n USING (example_id)
JOIN interactions i ON i.interaction_id = p.example_id
JOIN example_inputs x ON x.example_id = p.example_id
JOIN inputs t USING (input_hash)
LEFT JOIN ratings r ON r.interaction_id = p.example_id
ORDER BY p.split DESC, p.line, p.role
