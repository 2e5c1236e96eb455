-- Personal data and secrets: where they stand, and what people said about them.

CREATE TABLE privacy_findings (
    example_id VARCHAR NOT NULL,
    field VARCHAR NOT NULL,
    start BIGINT NOT NULL,
    stop BIGINT NOT NULL,
    kind VARCHAR NOT NULL,
    detector VARCHAR NOT NULL,
    score DOUBLE NOT NULL,
    is_secret BOOLEAN NOT NULL,
    value_key VARCHAR NOT NULL,
    run_id INTEGER NOT NULL
);
COMMENT ON TABLE privacy_findings IS 'Where personal data and secrets stand in examples; never the value.';
COMMENT ON COLUMN privacy_findings.field IS 'As in messages[0].content; start and stop are characters of it.';
COMMENT ON COLUMN privacy_findings.value_key IS 'HMAC-SHA256 of the value under the project''s salt, whatever its case and punctuation.';
COMMENT ON COLUMN privacy_findings.score IS 'How sure the detector is, 0 to 1.';

CREATE TABLE privacy_checked (example_id VARCHAR PRIMARY KEY, revision VARCHAR NOT NULL, detectors VARCHAR NOT NULL);
COMMENT ON TABLE privacy_checked IS 'Which revision of each example was looked through, and by which detectors.';

CREATE TABLE privacy_allowed (
    number INTEGER PRIMARY KEY,
    example_id VARCHAR,
    revision VARCHAR,
    value_key VARCHAR,
    reason VARCHAR NOT NULL,
    withdrawn BOOLEAN NOT NULL,
    run_id INTEGER NOT NULL,
    withdrawn_run_id INTEGER
);
COMMENT ON TABLE privacy_allowed IS 'Examples whose secrets have been dealt with, and values that are nobody''s; withdrawn, never deleted.';
COMMENT ON COLUMN privacy_allowed.revision IS 'What the example was; one that has changed since is not allowed any more.';
COMMENT ON COLUMN privacy_allowed.value_key IS 'As in privacy_findings.';

CREATE VIEW privacy_open AS
SELECT * FROM privacy_findings
WHERE value_key NOT IN (SELECT value_key FROM privacy_allowed WHERE NOT withdrawn AND value_key IS NOT NULL);
COMMENT ON VIEW privacy_open IS 'What was found, without the values that are allowed.';

CREATE VIEW privacy_allowed_examples AS
SELECT DISTINCT a.example_id
FROM privacy_allowed a
JOIN examples e ON e.example_id = a.example_id AND e.revision = a.revision
WHERE NOT a.withdrawn;
COMMENT ON VIEW privacy_allowed_examples IS 'Examples whose secrets have been dealt with, as they are now.';
