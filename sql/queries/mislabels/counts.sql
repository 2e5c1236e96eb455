-- How many examples, vectors and stored suspicions there are; one row.
SELECT (SELECT count(*) FROM examples), (SELECT count(*) FROM embeddings), (SELECT count(*) FROM mislabels)
