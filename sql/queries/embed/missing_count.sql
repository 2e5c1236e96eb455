-- How many inputs have no vector; one row. An empty input has no meaning.
SELECT count(*) FROM inputs WHERE text <> '' AND input_hash NOT IN (SELECT input_hash FROM embeddings)
