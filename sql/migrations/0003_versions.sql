-- The split ledger and the frozen versions.

CREATE TABLE split_ledger (
    example_id VARCHAR PRIMARY KEY,
    side VARCHAR NOT NULL,
    exposed BOOLEAN NOT NULL,
    unit VARCHAR NOT NULL,
    origin VARCHAR NOT NULL,
    since_version VARCHAR,
    evidence JSON,
    run_id INTEGER NOT NULL
);
COMMENT ON TABLE split_ledger IS 'Which side of the split each example is on, given once and for ever.';
COMMENT ON COLUMN split_ledger.side IS 'train, test, or quarantined (a leak edge to both: in neither).';
COMMENT ON COLUMN split_ledger.exposed IS 'A test example that an exported train row leaks: it left test and never enters train.';
COMMENT ON COLUMN split_ledger.unit IS 'Smallest example id of the unit that got its side together.';
COMMENT ON COLUMN split_ledger.origin IS 'new (drawn), given (a split column), heldout (imported), edge (follows an earlier example).';

CREATE TABLE versions (
    name VARCHAR NOT NULL,
    version INTEGER NOT NULL,
    content_id VARCHAR NOT NULL,
    test_id VARCHAR NOT NULL,
    formats VARCHAR[] NOT NULL,
    train BIGINT NOT NULL,
    test BIGINT NOT NULL,
    pending BIGINT NOT NULL,
    settings JSON NOT NULL,
    exported_at TIMESTAMP NOT NULL,
    run_id INTEGER NOT NULL,
    PRIMARY KEY (name, version)
);
COMMENT ON TABLE versions IS 'One row per exported version; content_id names its bytes, test_id its held-out part.';

CREATE TABLE version_examples (
    name VARCHAR NOT NULL,
    version INTEGER NOT NULL,
    example_id VARCHAR NOT NULL,
    side VARCHAR NOT NULL,
    line BIGINT,
    reason VARCHAR,
    evidence VARCHAR,
    row_hash VARCHAR,
    input_hash VARCHAR,
    conversation_id VARCHAR,
    group_key VARCHAR
);
COMMENT ON COLUMN version_examples.line IS 'Line in the file of its side, from 1; null where the example is not in.';
COMMENT ON COLUMN version_examples.reason IS 'The first reason why it is not in; limit: --limit cut it; inexpressible: --lossy left it out.';
COMMENT ON COLUMN version_examples.row_hash IS 'Digest of its line in every format.';
COMMENT ON COLUMN version_examples.input_hash IS 'The input it had then; leaks of later examples are judged by it.';
COMMENT ON TABLE version_examples IS 'Every example at the time of a version: its line in the file of its side, or why it is in none.';
