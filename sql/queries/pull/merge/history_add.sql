-- Keeps contents and labels that were replaced; one row per interaction and former content.
INSERT INTO interaction_history BY NAME
FROM former ORDER BY interaction_id, content_hash, label
