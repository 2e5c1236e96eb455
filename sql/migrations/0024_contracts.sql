-- Evidence about the form of answers: whether each one keeps the contract, and what breaks it.

CREATE TABLE contract_checks (
    example_id VARCHAR NOT NULL,
    revision VARCHAR NOT NULL,
    contract VARCHAR NOT NULL,
    kind VARCHAR,
    path VARCHAR,
    message VARCHAR
);
COMMENT ON TABLE contract_checks IS 'Answers that were checked against the contract, and what of each breaks it; one row per example.';
COMMENT ON COLUMN contract_checks.revision IS 'Of the example that was checked; where it has another one today, the row says nothing.';
COMMENT ON COLUMN contract_checks.contract IS 'Digest of the contract; the one in force is in settings.';
COMMENT ON COLUMN contract_checks.kind IS 'What is wrong in a word, such as required or truncated; null where the answer keeps the contract.';
COMMENT ON COLUMN contract_checks.path IS 'JSON pointer into the answer, empty for all of it; of a call, tool.argument.';
COMMENT ON COLUMN contract_checks.message IS 'What is wrong there.';
