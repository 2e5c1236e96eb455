-- What models answered to held-out examples, and how that was judged. Nothing here is ever trained on.

CREATE TABLE looks (
    test_id VARCHAR NOT NULL,
    answers_digest VARCHAR NOT NULL,
    candidate VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    version INTEGER NOT NULL,
    source JSON NOT NULL,
    trained_on VARCHAR,
    answered BIGINT NOT NULL,
    run_id INTEGER NOT NULL
);
COMMENT ON TABLE looks IS 'One row per set of answers that was judged by a held-out part; the same answers again are the same look.';
COMMENT ON COLUMN looks.test_id IS 'Of the version; those of the same one can be compared.';
COMMENT ON COLUMN looks.answers_digest IS 'SHA-256 over example ids and answers.';
COMMENT ON COLUMN looks.candidate IS 'The name that the answers were given.';
COMMENT ON COLUMN looks.source IS 'Where the answers are from: kind (file, ask, logs), and the location or the endpoint and model.';
COMMENT ON COLUMN looks.trained_on IS 'NAME@N that the model was trained on, where somebody said so.';

CREATE TABLE look_answers (
    answers_digest VARCHAR NOT NULL,
    example_id VARCHAR NOT NULL,
    answer JSON NOT NULL,
    input_tokens BIGINT,
    output_tokens BIGINT,
    cost_usd DOUBLE,
    latency_ms DOUBLE
);
COMMENT ON TABLE look_answers IS 'What was answered; one row per look and held-out example.';
COMMENT ON COLUMN look_answers.answer IS 'List of assistant messages, as in interactions.output.';

CREATE TABLE look_scores (
    test_id VARCHAR NOT NULL,
    answers_digest VARCHAR NOT NULL,
    example_id VARCHAR NOT NULL,
    metric VARCHAR NOT NULL,
    score DOUBLE NOT NULL
);
COMMENT ON TABLE look_scores IS 'How good each answer of a look is, 0 to 1, by the metric that verdicts go by.';

CREATE TABLE evaluations (
    name VARCHAR NOT NULL,
    version INTEGER NOT NULL,
    test_id VARCHAR NOT NULL,
    settings JSON NOT NULL,
    result JSON NOT NULL,
    run_id INTEGER NOT NULL
);
COMMENT ON TABLE evaluations IS 'What curate evaluate said, newest last; one row per version, answers and settings.';

CREATE TABLE asks (
    endpoint VARCHAR NOT NULL,
    model VARCHAR NOT NULL,
    settings VARCHAR NOT NULL,
    prompt_hash VARCHAR NOT NULL,
    sent INTEGER NOT NULL,
    runs INTEGER NOT NULL,
    answer JSON,
    finish_reason VARCHAR,
    input_tokens BIGINT,
    output_tokens BIGINT,
    latency_ms DOUBLE,
    error VARCHAR
);
COMMENT ON TABLE asks IS 'What an endpoint was asked and answered, stored as it arrives; one row per endpoint, model, settings and prompt.';
COMMENT ON COLUMN asks.settings IS 'Digest of what was asked for beside the prompt.';
COMMENT ON COLUMN asks.sent IS 'How often the request was sent, counted before it is sent.';
COMMENT ON COLUMN asks.runs IS 'How many commands sent it: more than one where one ended before the answer came.';
COMMENT ON COLUMN asks.answer IS 'List of assistant messages; null until one came.';
COMMENT ON COLUMN asks.error IS 'How the endpoint refused the prompt, which is not asked again; null where it did not.';

CREATE TABLE failure_neighbours (
    example_id VARCHAR NOT NULL,
    failed_id VARCHAR NOT NULL,
    similarity DOUBLE NOT NULL
);
COMMENT ON TABLE failure_neighbours IS 'Train examples nearest to held-out examples that a model failed; what the detector failure proposes.';
