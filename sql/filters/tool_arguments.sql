-- Notes tool calls with arguments that the offered tools do not take, in a project without a [contract] in curate.toml.
-- With one, `contract` drops them.
-- when: live
-- judges: answer
-- does: note
SELECT e.example_id, 'tool_arguments' AS reason, NULL::DOUBLE AS score,
       concat_ws(': ', nullif(c.path, ''), c.message) AS evidence
FROM candidates e
JOIN contract_checks c ON c.example_id = e.example_id AND c.revision = e.revision
JOIN settings s ON s.name = 'contract' AND (s.value->>'$.digest') = c.contract
WHERE c.kind IS NOT NULL AND NOT (s.value->>'$.written')::BOOLEAN
