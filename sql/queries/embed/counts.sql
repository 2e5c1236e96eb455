-- How many inputs have a vector, and how many of them are longer than the encoder reads at once; one row.
SELECT count(*), count(*) FILTER (windowed) FROM embeddings
