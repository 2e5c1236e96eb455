-- Every example as a version freezes it: its line (tables placed, left_out), or why it has none.
SELECT v.example_id, v.side, p.line,
       CASE WHEN p.line IS NOT NULL THEN NULL
            WHEN v.reason IS NOT NULL THEN v.reason
            WHEN v.example_id IN (SELECT example_id FROM left_out) THEN 'inexpressible'
            ELSE 'limit' END AS reason,
       v.evidence, p.row_hash, x.input_hash, e.conversation_id, e.group_key
FROM verdicts v
JOIN examples e USING (example_id)
JOIN example_inputs x USING (example_id)
LEFT JOIN placed p USING (example_id)
ORDER BY v.example_id
