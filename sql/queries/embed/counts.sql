-- How many inputs have a vector, and of how many the encoder saw only the beginning; one row.
SELECT count(*), count(*) FILTER (truncated) FROM embeddings
