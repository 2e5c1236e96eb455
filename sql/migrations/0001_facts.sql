-- The facts: what was pulled, what was refused, and which commands ran.

CREATE TABLE runs (
    run_id INTEGER PRIMARY KEY,
    command VARCHAR NOT NULL,
    settings JSON,
    started_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP,
    outcome VARCHAR,
    counts JSON,
    curate_version VARCHAR
);
COMMENT ON TABLE runs IS 'One execution of one writing command; it counts once finished_at is set.';

CREATE TABLE settings (name VARCHAR PRIMARY KEY, value JSON NOT NULL);
COMMENT ON TABLE settings IS 'What each stage was last told; verdicts follow these.';

CREATE TABLE interactions (
    interaction_id VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    source_id VARCHAR NOT NULL,
    messages JSON NOT NULL,
    output JSON,
    query VARCHAR,
    context VARCHAR,
    response VARCHAR,
    label VARCHAR,
    created_at TIMESTAMP,
    session_id VARCHAR,
    group_key VARCHAR,
    user_key VARCHAR,
    given_split VARCHAR,
    model VARCHAR,
    finish_reason VARCHAR,
    status VARCHAR,
    error VARCHAR,
    input_tokens BIGINT,
    output_tokens BIGINT,
    cost_usd DOUBLE,
    latency_ms DOUBLE,
    tools JSON,
    metadata JSON,
    call_hash VARCHAR,
    chain VARCHAR[],
    content_hash VARCHAR NOT NULL,
    row_hash VARCHAR NOT NULL,
    location VARCHAR,
    line BIGINT,
    run_id INTEGER NOT NULL
);
COMMENT ON TABLE interactions IS 'One logged model call as pulled; id = hash of (source, source_id).';
COMMENT ON COLUMN interactions.messages IS 'OpenAI shape: everything before the answer, oldest first.';
COMMENT ON COLUMN interactions.output IS 'List of assistant messages, normally one.';
COMMENT ON COLUMN interactions.query IS 'Text of the last user turn.';
COMMENT ON COLUMN interactions.context IS 'Text of the two messages before the last user turn.';
COMMENT ON COLUMN interactions.created_at IS 'UTC.';
COMMENT ON COLUMN interactions.user_key IS 'HMAC-SHA256 of the user id under the project''s salt.';
COMMENT ON COLUMN interactions.call_hash IS 'Hash chain over messages and answer; null where a session id is known.';
COMMENT ON COLUMN interactions.chain IS 'Hash chain after each earlier assistant turn, oldest first.';
COMMENT ON COLUMN interactions.content_hash IS 'SHA-256 over messages, output and tools.';

CREATE TABLE interaction_history (
    interaction_id VARCHAR NOT NULL,
    content_hash VARCHAR NOT NULL,
    messages JSON,
    output JSON,
    label VARCHAR,
    location VARCHAR,
    line BIGINT,
    run_id INTEGER NOT NULL,
    replaced_run_id INTEGER NOT NULL
);
COMMENT ON TABLE interaction_history IS 'Content or label an interaction had before its source changed it.';

CREATE TABLE feedback (
    feedback_id VARCHAR NOT NULL,
    interaction_id VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    source_id VARCHAR NOT NULL,
    origin VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    value VARCHAR,
    scale VARCHAR,
    rating_norm DOUBLE,
    comment VARCHAR,
    rater_type VARCHAR NOT NULL,
    rater_key VARCHAR,
    created_at TIMESTAMP,
    location VARCHAR,
    line BIGINT,
    run_id INTEGER NOT NULL
);
COMMENT ON TABLE feedback IS 'One rating, label or correction of one interaction; it may arrive before or long after it.';
COMMENT ON COLUMN feedback.origin IS 'row: a column of the log itself; file: pulled separately.';
COMMENT ON COLUMN feedback.kind IS 'rating, label or correction.';
COMMENT ON COLUMN feedback.rating_norm IS '0 (worst) to 1 (best); null where the scale is unknown.';
COMMENT ON COLUMN feedback.rater_type IS 'human_user, human_expert, llm or code.';

CREATE TABLE feedback_history (
    feedback_id VARCHAR NOT NULL,
    interaction_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    value VARCHAR,
    rating_norm DOUBLE,
    run_id INTEGER NOT NULL,
    replaced_run_id INTEGER NOT NULL
);
COMMENT ON TABLE feedback_history IS 'What a feedback said before it was changed or withdrawn.';

CREATE TABLE rejects (
    source VARCHAR NOT NULL,
    location VARCHAR NOT NULL,
    line BIGINT NOT NULL,
    reason VARCHAR NOT NULL,
    detail VARCHAR,
    run_id INTEGER NOT NULL
);
COMMENT ON TABLE rejects IS 'Pulled documents that could not be stored: where and why.';

CREATE TABLE pull_state (
    source VARCHAR NOT NULL, kind VARCHAR NOT NULL, mapping JSON NOT NULL, PRIMARY KEY (source, kind)
);
COMMENT ON TABLE pull_state IS 'How the columns of each source are read.';

CREATE TABLE pulled_files (
    source VARCHAR NOT NULL,
    location VARCHAR NOT NULL,
    sha256 VARCHAR NOT NULL,
    reading VARCHAR NOT NULL,
    run_id INTEGER NOT NULL
);
COMMENT ON TABLE pulled_files IS 'Files read to the end; reading is the digest of how they were read.';

-- Documents of an unfinished pull; both are empty between commands.
CREATE TABLE staging_interactions AS
SELECT ''::VARCHAR AS pull, 0::INTEGER AS file_number, NULL::VARCHAR AS base_id,
       NULL::VARCHAR AS rating_value, NULL::VARCHAR AS rating_scale, NULL::DOUBLE AS rating_norm,
       NULL::VARCHAR AS correction, * EXCLUDE (interaction_id, source, run_id)
FROM interactions LIMIT 0;
CREATE TABLE staging_feedback AS
SELECT ''::VARCHAR AS pull, 0::INTEGER AS file_number,
       * EXCLUDE (feedback_id, interaction_id, source, origin, run_id)
FROM feedback LIMIT 0;
CREATE TABLE staging_rejects AS
SELECT ''::VARCHAR AS pull, 0::INTEGER AS file_number, * EXCLUDE (source, run_id)
FROM rejects LIMIT 0;
