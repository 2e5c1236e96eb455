-- Answers without a vector (temporary view signal_answers), the longest first; one row per distinct answer.
SELECT answer_hash, any_value(response) AS response
FROM signal_answers
WHERE answer_hash NOT IN (SELECT answer_hash FROM answer_vectors)
GROUP BY answer_hash
ORDER BY length(any_value(response)) DESC, answer_hash
