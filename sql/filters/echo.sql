-- Drops answers that only repeat the question, whatever their case and white space.
-- judges: answer
SELECT example_id, 'echo' AS reason, NULL AS score
FROM (
    SELECT example_id,
           trim(regexp_replace(lower(nfc_normalize(response)), '[\s\p{Z}\p{Cc}]+', ' ', 'g')) AS said,
           trim(regexp_replace(lower(nfc_normalize(query)), '[\s\p{Z}\p{Cc}]+', ' ', 'g')) AS asked
    FROM candidates
    WHERE task <> 'classification'
)
WHERE said = asked AND said <> ''
