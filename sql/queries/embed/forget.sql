-- Removes all vectors, and the pairs, map, suspicions, edge cases and signals that rest on them.
DELETE FROM embeddings;
DELETE FROM semantic_pairs;
DELETE FROM mislabels;
DELETE FROM edges;
DELETE FROM cover;
DELETE FROM answer_vectors;
DELETE FROM map_points;
DELETE FROM signals;
