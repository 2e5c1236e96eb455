-- What to ask first of what has no label or rating, and what is unlike all that is known.

CREATE TABLE cover (
    kind VARCHAR NOT NULL,
    input_hash VARCHAR NOT NULL,
    detector VARCHAR NOT NULL,
    score DOUBLE NOT NULL,
    why VARCHAR NOT NULL
);
COMMENT ON TABLE cover IS 'What the last curate queue of each kind of work found out about inputs from their vectors; one row per input and detector.';
COMMENT ON COLUMN cover.detector IS 'coverage (ask first), or out_of_scope; of labelled examples, edges tells that.';
COMMENT ON COLUMN cover.score IS 'Orders the inputs of one detector, low first.';
COMMENT ON COLUMN cover.why IS 'What annotators are told.';
