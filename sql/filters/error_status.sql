-- Drops calls that failed: a status other than success, or an error message.
-- judges: answer
SELECT example_id, 'error_status' AS reason, NULL AS score
FROM candidates
WHERE NOT corrected
  AND (trim(coalesce(error, '')) NOT IN ('', '{}', '[]', 'false', 'None', 'null')
       OR lower(coalesce(status, 'ok')) NOT IN
          ('ok', 'success', 'succeeded', 'successful', 'completed', 'complete', 'done', 'finished',
           'default', '200', '200 ok', 'unset', 'true'))
