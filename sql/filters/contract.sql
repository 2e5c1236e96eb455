-- Drops answers that break the contract (curate.toml, [contract]): another form than its JSON Schema or pattern, or a
-- tool call with arguments that the tool does not take. `curate why` names the path that breaks. A corrected answer
-- has to keep it, too.
-- when: live
-- judges: answer
SELECT e.example_id, 'contract' AS reason, NULL::DOUBLE AS score,
       concat_ws(': ', nullif(c.path, ''), c.message) AS evidence
FROM candidates e
JOIN contract_checks c ON c.example_id = e.example_id AND c.revision = e.revision
JOIN settings s ON s.name = 'contract' AND (s.value->>'$.digest') = c.contract
WHERE c.kind IS NOT NULL AND (s.value->>'$.written')::BOOLEAN
