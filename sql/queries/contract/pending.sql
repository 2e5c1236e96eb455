-- Examples whose answer was not checked against a contract; one row per example. Where the contract says nothing of
-- answers in words, these are calls of tools that were offered.
SELECT e.example_id
FROM examples e
LEFT JOIN contract_checks c ON c.example_id = e.example_id AND c.revision = e.revision AND c.contract = $contract
WHERE c.example_id IS NULL
  AND ($has_form OR ($tools AND e.tools IS NOT NULL AND contains(e.output::VARCHAR, '"tool_calls"')))
ORDER BY e.example_id
