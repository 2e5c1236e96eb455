-- Gives a store the inputs of today's measure (an Arrow table registered as measured: each text, by the
-- hash that it had), and what keeps its semantic pairs apart (registered as differing).
-- Keeps the leaks of exported texts that only the earlier measure may see.
INSERT OR IGNORE INTO former_pairs
WITH exported AS (SELECT DISTINCT input_hash FROM version_examples WHERE line IS NOT NULL)
SELECT DISTINCT ON (a, b) least(l.now_hash, r.now_hash) AS a, greatest(l.now_hash, r.now_hash) AS b,
       p.similarity, l.measure
FROM input_pairs p
JOIN measured l ON l.input_hash = p.a
JOIN measured r ON r.input_hash = p.b
WHERE l.now_hash <> r.now_hash AND (p.a IN (FROM exported) OR p.b IN (FROM exported))
ORDER BY a, b, p.similarity DESC;
-- Gives exported lines the inputs of today's measure.
UPDATE version_examples SET input_hash = m.now_hash FROM measured m WHERE version_examples.input_hash = m.input_hash;
-- Finds the vector of each text; of several that are one text now, one. Pairs with a windowed input
-- are found anew.
CREATE OR REPLACE TEMP TABLE kept_vectors AS
SELECT DISTINCT ON (m.now_hash) e.* REPLACE (m.now_hash AS input_hash, e.paired AND NOT e.windowed AS paired)
FROM embeddings e
JOIN measured m USING (input_hash)
ORDER BY m.now_hash, e.input_hash;
-- Forgets the vectors of texts as they were.
DELETE FROM embeddings;
-- Stores them for the texts as they are.
INSERT INTO embeddings BY NAME FROM kept_vectors;
-- Finds the cluster of each text.
CREATE OR REPLACE TEMP TABLE kept_members AS
SELECT DISTINCT ON (m.now_hash) c.* REPLACE (m.now_hash AS input_hash)
FROM cluster_members c
JOIN measured m USING (input_hash)
ORDER BY m.now_hash, c.input_hash;
-- Forgets the clusters of texts as they were.
DELETE FROM cluster_members;
-- Stores them for the texts as they are.
INSERT INTO cluster_members BY NAME FROM kept_members;
-- Finds the point of each text.
CREATE OR REPLACE TEMP TABLE kept_points AS
SELECT DISTINCT ON (m.now_hash) p.* REPLACE (m.now_hash AS input_hash)
FROM map_points p
JOIN measured m USING (input_hash)
ORDER BY m.now_hash, p.input_hash;
-- Forgets the map of texts as they were.
DELETE FROM map_points;
-- Stores it for the texts as they are.
INSERT INTO map_points BY NAME FROM kept_points;
-- Forgets pairs by meaning, as they were.
DELETE FROM semantic_pairs;
-- Stores those of texts that are still two; one row per pair.
INSERT INTO semantic_pairs (a, b, similarity, difference)
SELECT DISTINCT ON (a, b) least(l.now_hash, r.now_hash) AS a, greatest(l.now_hash, r.now_hash) AS b,
       d.similarity, d.difference
FROM differing d
JOIN measured l ON l.input_hash = d.a
JOIN measured r ON r.input_hash = d.b
WHERE l.now_hash <> r.now_hash
ORDER BY a, b, d.similarity DESC;
-- Forgets the inputs of examples.
DELETE FROM example_inputs;
-- Forgets their texts.
DELETE FROM inputs;
-- Stores the texts of exported lines; one row per text.
INSERT INTO inputs
SELECT DISTINCT ON (now_hash) now_hash, text, words, false
FROM measured
WHERE now_hash IN (SELECT input_hash FROM version_examples WHERE line IS NOT NULL)
ORDER BY now_hash;
-- Forgets keys.
DELETE FROM near_keys;
-- Forgets near-duplicates.
DELETE FROM input_pairs;
-- Notes that none are known.
DELETE FROM settings WHERE name = 'input_pairs';
