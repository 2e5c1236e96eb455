-- Every example as a version freezes it: its line (tables placed, left_out), or why it has none.
SELECT v.example_id, coalesce(p.split, v.side) AS side, p.line,
       CASE WHEN p.line IS NULL THEN coalesce(v.reason, l.reason, $otherwise) END AS reason,
       coalesce(l.evidence, v.evidence) AS evidence, p.row_hash, x.input_hash, e.conversation_id, n.group_key
FROM verdicts v
JOIN examples e USING (example_id)
JOIN plan n USING (example_id)
JOIN example_inputs x USING (example_id)
LEFT JOIN placed p USING (example_id)
LEFT JOIN left_out l USING (example_id)
ORDER BY v.example_id
