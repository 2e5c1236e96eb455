-- Evidence from meaning: vectors of inputs, near and semantic pairs, clusters, likely mislabels.

CREATE TABLE embeddings (
    input_hash VARCHAR NOT NULL,
    vector FLOAT[] NOT NULL,
    truncated BOOLEAN NOT NULL,
    paired BOOLEAN NOT NULL
);
COMMENT ON TABLE embeddings IS 'Unit vector of each distinct input, by the encoder in settings.';
COMMENT ON COLUMN embeddings.truncated IS 'The encoder saw only the beginning of the input.';
COMMENT ON COLUMN embeddings.paired IS 'Whether semantic_pairs covers it.';

CREATE TABLE near_keys (input_hash VARCHAR NOT NULL, keys UINTEGER[] NOT NULL);
COMMENT ON TABLE near_keys IS 'MinHash band keys of inputs of eight words or more; inputs that share one are compared.';

-- Pairs are made anew, with the keys and with what keeps them apart.
UPDATE inputs SET paired = false;
DROP TABLE input_pairs;
CREATE TABLE input_pairs (a VARCHAR NOT NULL, b VARCHAR NOT NULL, similarity DOUBLE NOT NULL, difference VARCHAR);
COMMENT ON TABLE input_pairs IS 'Inputs a < b whose word 3-gram sets have a Jaccard similarity at or above the threshold in settings.';
COMMENT ON COLUMN input_pairs.difference IS 'numbers or negation, where the two differ in these: alike, but no duplicates.';

CREATE TABLE semantic_pairs (a VARCHAR NOT NULL, b VARCHAR NOT NULL, similarity DOUBLE NOT NULL, difference VARCHAR);
COMMENT ON TABLE semantic_pairs IS 'Inputs a < b whose vectors have a cosine at or above the threshold in settings.';
COMMENT ON COLUMN semantic_pairs.difference IS 'numbers or negation, where the two differ in these, or script, where the encoder cannot read one.';

CREATE TABLE clusters (
    cluster_id INTEGER NOT NULL,
    name VARCHAR NOT NULL,
    typical VARCHAR NOT NULL,
    terms VARCHAR[] NOT NULL,
    fitted_inputs BIGINT NOT NULL,
    centroid FLOAT[] NOT NULL
);
COMMENT ON TABLE clusters IS 'Topical groups of inputs as the last refit found them; an id is never given to another group.';
COMMENT ON COLUMN clusters.typical IS 'Hash of the input nearest to the centroid.';
COMMENT ON COLUMN clusters.terms IS 'The words that set it apart from the rest, most telling first.';

CREATE TABLE cluster_members (input_hash VARCHAR NOT NULL, cluster_id INTEGER NOT NULL, similarity DOUBLE NOT NULL);
COMMENT ON TABLE cluster_members IS 'The nearest centroid of each input, with its cosine.';

CREATE TABLE mislabels (
    example_id VARCHAR NOT NULL,
    given VARCHAR NOT NULL,
    suggested VARCHAR NOT NULL,
    score DOUBLE NOT NULL,
    probability DOUBLE NOT NULL,
    given_probability DOUBLE NOT NULL,
    tier VARCHAR NOT NULL,
    nearest VARCHAR[] NOT NULL,
    like_given VARCHAR[] NOT NULL,
    like_suggested VARCHAR[] NOT NULL,
    similarity DOUBLE
);
COMMENT ON TABLE mislabels IS 'Labels that the labels of like inputs speak against; one row per example.';
COMMENT ON COLUMN mislabels.score IS 'Between 0 and 1, low is bad: how well the given label holds against the suggested one.';
COMMENT ON COLUMN mislabels.probability IS 'Calibrated probability of the suggested label.';
COMMENT ON COLUMN mislabels.given_probability IS 'Calibrated probability of the given label.';
COMMENT ON COLUMN mislabels.tier IS 'likely (within the number of errors that cleanlab estimates) or possible.';
COMMENT ON COLUMN mislabels.nearest IS 'Nearest train examples, nearest first, one per input, no duplicates of its own.';
COMMENT ON COLUMN mislabels.like_given IS 'Nearest of them with the given label.';
COMMENT ON COLUMN mislabels.like_suggested IS 'Nearest of them with the suggested label.';
COMMENT ON COLUMN mislabels.similarity IS 'Cosine with the first of like_suggested.';
