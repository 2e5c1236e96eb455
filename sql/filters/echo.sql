-- Drops answers that only repeat the question, whatever their case and white space.
-- judges: answer
SELECT example_id, 'echo' AS reason, NULL AS score
FROM candidates
WHERE task <> 'classification'
  /* Whatever a text goes on with, an ASCII sign at its beginning stays as it is, and so does one at its
     end. So most texts are told apart by these. */
  AND CASE WHEN (lower(left(response, 1)) = lower(left(query, 1))
                 OR left(response, 1) NOT BETWEEN '!' AND '~' OR left(query, 1) NOT BETWEEN '!' AND '~')
            AND (lower(right(response, 1)) = lower(right(query, 1))
                 OR right(response, 1) NOT BETWEEN '!' AND '~' OR right(query, 1) NOT BETWEEN '!' AND '~')
           THEN trim(regexp_replace(lower(nfc_normalize(response)), '[\s\p{Z}\p{Cc}]+', ' ', 'g')) <> ''
                AND trim(regexp_replace(lower(nfc_normalize(response)), '[\s\p{Z}\p{Cc}]+', ' ', 'g'))
                    = trim(regexp_replace(lower(nfc_normalize(query)), '[\s\p{Z}\p{Cc}]+', ' ', 'g'))
           ELSE false END
