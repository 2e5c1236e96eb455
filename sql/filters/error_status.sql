-- Drops calls that failed: a status that names a failure or an HTTP error (4xx, 5xx), or an error
-- message. A status of other words (`ok`, `200`, `stop`, `closed`) says nothing against a call.
-- judges: answer
SELECT example_id, 'error_status' AS reason, NULL AS score
FROM candidates
WHERE NOT corrected
  AND (trim(lower(coalesce(error, ''))) NOT IN
          ('', '{}', '[]', 'false', 'none', 'null', 'nan', 'n/a', 'na', '-', '0', 'no', 'no error', 'ok')
       OR (regexp_matches(lower(coalesce(status, '')), concat(
              'error|fail|exception|time[ _-]?d?[ _-]?out|cancel|abort|reject|denied|block|refus|throttl|rate[ _-]?limit|',
              'overload|unavailable|crash|invalid|incomplete|interrupt|expired|killed|unauthori|forbidden|not[ _-]?found|',
              'in[ _-]progress|queued|content[ _-]?filter|(^|\D)[45]\d\d(\D|$)'))
           AND NOT regexp_matches(lower(status), '^(no|without|0|zero|non)[ _-]?(error|fail|exception)')))
