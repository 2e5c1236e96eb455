-- How many examples there are, of them labelled, and vectors and stored suspicions; one row.
SELECT (SELECT count(*) FROM examples), (SELECT count(*) FROM examples WHERE trim(label) <> ''),
       (SELECT count(*) FROM embeddings), (SELECT count(*) FROM mislabels)
