-- Preference pairs: what sources say of answers to one prompt, and the pairs that follow.

ALTER TABLE interactions ADD COLUMN document VARCHAR;
COMMENT ON COLUMN interactions.document IS 'The document, where it gave several interactions: outputs of one call, or the sides of a preference.';
ALTER TABLE interactions ADD COLUMN preference VARCHAR;
COMMENT ON COLUMN interactions.preference IS 'chosen or rejected, in a preference that the source gives.';
ALTER TABLE interactions ADD COLUMN rank DOUBLE;
COMMENT ON COLUMN interactions.rank IS 'Place among the answers to its prompt; the lowest is the best.';

ALTER TABLE staging_interactions ADD COLUMN document VARCHAR;
ALTER TABLE staging_interactions ADD COLUMN preference VARCHAR;
ALTER TABLE staging_interactions ADD COLUMN rank DOUBLE;
ALTER TABLE staging_interactions ADD COLUMN part INTEGER DEFAULT 0;

CREATE TABLE pair_answers (
    example_id VARCHAR PRIMARY KEY,
    state VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    document VARCHAR,
    preference VARCHAR,
    rank DOUBLE,
    rating DOUBLE,
    group_key VARCHAR,
    corrected BOOLEAN NOT NULL,
    input_hash VARCHAR NOT NULL,
    prompt_hash VARCHAR,
    history_hash VARCHAR,
    answer_hash VARCHAR NOT NULL,
    logged_hash VARCHAR NOT NULL
);
COMMENT ON TABLE pair_answers IS 'Examples of whose answer somebody says how good it is, as the pairs were made from them.';
COMMENT ON COLUMN pair_answers.state IS 'Digest of all that the pairs of the example depend on.';
COMMENT ON COLUMN pair_answers.prompt_hash IS 'The normalised messages without system messages; null where there are none.';
COMMENT ON COLUMN pair_answers.history_hash IS 'The same without the last user turn; null where something follows that turn.';
COMMENT ON COLUMN pair_answers.answer_hash IS 'The normalised answer, corrected where somebody did.';
COMMENT ON COLUMN pair_answers.logged_hash IS 'The normalised answer as it was logged.';

CREATE TABLE pairs (
    pair_id VARCHAR NOT NULL,
    chosen_id VARCHAR NOT NULL,
    rejected_id VARCHAR NOT NULL,
    method VARCHAR NOT NULL,
    margin DOUBLE,
    similarity DOUBLE NOT NULL
);
COMMENT ON TABLE pairs IS 'Two answers to one prompt of which one is better; one row per pair and method.';
COMMENT ON COLUMN pairs.rejected_id IS 'The worse answer is the one that this example was logged with; of a correction, chosen_id itself.';
COMMENT ON COLUMN pairs.method IS 'How it is known: annotation, imported, rank, correction, output or rating.';
COMMENT ON COLUMN pairs.margin IS 'Difference of the ratings as a share of the scale; null where another method says it.';
COMMENT ON COLUMN pairs.similarity IS 'Of the two prompts; 1 where they are the same.';
