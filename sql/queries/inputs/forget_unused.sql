-- Forgets texts that nothing has any more, then what is known of them.
-- Forgets texts that neither an example nor an exported version has.
DELETE FROM inputs
WHERE input_hash NOT IN (
    SELECT input_hash FROM example_inputs
    UNION SELECT input_hash FROM version_examples WHERE line IS NOT NULL
);
-- Forgets pairs of texts that are gone.
DELETE FROM input_pairs
WHERE a NOT IN (SELECT input_hash FROM inputs) OR b NOT IN (SELECT input_hash FROM inputs);
-- Forgets keys of texts that are gone.
DELETE FROM near_keys WHERE input_hash NOT IN (SELECT input_hash FROM inputs);
-- Forgets vectors of texts that are gone.
DELETE FROM embeddings WHERE input_hash NOT IN (SELECT input_hash FROM inputs);
-- Forgets pairs of texts that are gone.
DELETE FROM semantic_pairs
WHERE a NOT IN (SELECT input_hash FROM inputs) OR b NOT IN (SELECT input_hash FROM inputs);
-- Forgets memberships of texts that are gone.
DELETE FROM cluster_members WHERE input_hash NOT IN (SELECT input_hash FROM inputs);
-- Forgets points of texts that are gone.
DELETE FROM map_points WHERE input_hash NOT IN (SELECT input_hash FROM inputs);
-- Forgets what was found out about texts that are gone.
DELETE FROM cover WHERE input_hash NOT IN (SELECT input_hash FROM inputs);
-- Forgets the vectors of answers that nothing has any more.
DELETE FROM answer_vectors WHERE answer_hash NOT IN (SELECT md5(response) FROM examples WHERE response IS NOT NULL);
-- Forgets what was said of examples that are gone.
DELETE FROM signals WHERE example_id NOT IN (SELECT example_id FROM examples);
-- What was said of the form of answers.
DELETE FROM contract_checks WHERE example_id NOT IN (SELECT example_id FROM examples);
-- Forgets templates that no text has.
DELETE FROM templates
WHERE (affix, text) NOT IN (
    SELECT t.affix, t.text
    FROM templates t
    JOIN interactions i
        ON CASE t.affix WHEN 'prefix' THEN starts_with(i.query, t.text) ELSE ends_with(i.query, t.text) END
);
