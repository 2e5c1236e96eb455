-- Whether an embedded input is not in the semantic pairs yet; one row.
SELECT count(*) > 0 FROM embeddings WHERE NOT paired
