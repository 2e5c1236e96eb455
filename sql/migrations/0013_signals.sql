-- Evidence about answers: their vectors, and what speaks against them.

CREATE TABLE answer_vectors (answer_hash VARCHAR NOT NULL, vector FLOAT[] NOT NULL);
COMMENT ON TABLE answer_vectors IS 'Unit vector of each distinct answer that curate signals looked at, by the encoder in settings.';
COMMENT ON COLUMN answer_vectors.answer_hash IS 'MD5 of the answer.';

CREATE TABLE signals (
    example_id VARCHAR NOT NULL,
    revision VARCHAR NOT NULL,
    signal VARCHAR NOT NULL,
    score DOUBLE NOT NULL,
    why VARCHAR NOT NULL
);
COMMENT ON TABLE signals IS 'What speaks against an answer or its rating; one row per example and signal.';
COMMENT ON COLUMN signals.revision IS 'Of the example that was judged; where it has another one today, the row says nothing.';
COMMENT ON COLUMN signals.score IS 'Low is bad; of one signal they are in one order, of two they are not.';
COMMENT ON COLUMN signals.why IS 'In a sentence.';
