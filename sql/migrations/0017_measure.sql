-- Leaks that an earlier measure of likeness saw and today's does not: they stay leaks where one of the
-- two texts is in an exported file.

CREATE TABLE former_pairs (
    a VARCHAR NOT NULL,
    b VARCHAR NOT NULL,
    similarity DOUBLE NOT NULL,
    measure INTEGER NOT NULL,
    PRIMARY KEY (a, b)
);
COMMENT ON TABLE former_pairs IS 'Near-duplicate inputs by an earlier measure, one of which is in an exported file.';
COMMENT ON COLUMN former_pairs.similarity IS 'Jaccard similarity of token 3-grams by that measure.';
COMMENT ON COLUMN former_pairs.measure IS 'The version of that measure.';

COMMENT ON COLUMN split_ledger.origin IS 'new (drawn), given (a split column), heldout (imported), evict (imported, train gives way), edge (follows an earlier example).';

COMMENT ON COLUMN input_pairs.difference IS 'What keeps the two apart, such as numbers, negation, order or word: alike, but no duplicates.';
COMMENT ON COLUMN semantic_pairs.difference IS 'The same; script, where the encoder cannot read one.';

COMMENT ON TABLE input_pairs IS 'Inputs a < b whose token 3-gram sets have a Jaccard similarity at or above the threshold in settings.';
