-- Inputs are plain tables: their indexes were a fifth of the file, and what writes them looks for what is there itself.

CREATE TEMP TABLE inputs_before AS FROM inputs;
CREATE TEMP TABLE example_inputs_before AS FROM example_inputs;
DROP TABLE inputs;
DROP TABLE example_inputs;
CREATE TABLE inputs (
    input_hash VARCHAR NOT NULL,
    text VARCHAR NOT NULL,
    words INTEGER NOT NULL,
    paired BOOLEAN NOT NULL
);
COMMENT ON TABLE inputs IS 'Distinct normalised inputs; one row per text that an example or a version has.';
COMMENT ON COLUMN inputs.paired IS 'Whether input_pairs covers it.';
CREATE TABLE example_inputs (
    example_id VARCHAR NOT NULL,
    revision VARCHAR NOT NULL,
    input_hash VARCHAR NOT NULL,
    example_hash VARCHAR NOT NULL,
    template VARCHAR
);
COMMENT ON TABLE example_inputs IS 'Normalised input, and messages with answer, of each example, as hashes.';
COMMENT ON COLUMN example_inputs.revision IS 'The revision of the example that they were computed from.';
COMMENT ON COLUMN example_inputs.template IS 'What was left out of its input, as a hash: examples with different templates are no duplicates. Null: nothing.';
INSERT INTO inputs FROM inputs_before;
INSERT INTO example_inputs FROM example_inputs_before;
DROP TABLE inputs_before;
DROP TABLE example_inputs_before;
