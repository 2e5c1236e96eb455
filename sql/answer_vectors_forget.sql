-- Forgets the vectors of answers that nothing has any more.
DELETE FROM answer_vectors WHERE answer_hash NOT IN (SELECT md5(response) FROM examples WHERE response IS NOT NULL)
