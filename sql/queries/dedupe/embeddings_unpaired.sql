-- How many embedded inputs the semantic pairs do not cover, and how many they do; one row.
SELECT count(*) FILTER (NOT paired), count(*) FILTER (paired) FROM embeddings
