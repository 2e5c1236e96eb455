-- Drops answers that begin by refusing ("I'm sorry, but I can't help with that").
-- judges: answer
SELECT example_id, 'refusal' AS reason, NULL AS score
FROM candidates
WHERE task <> 'classification' AND NOT corrected
  AND regexp_matches(
    replace(lower(substr(response, 1, 300)), '’', ''''),
    concat(
        '^\W*((i''?m|i am|we''?re|we are) (very |so |really |truly )?(sorry|afraid)|unfortunately|sorry|apologies|my apologies|i apologi[sz]e|i regret)?',
        '[^.!?]{0,80}\b(i|we) (can''?t|cannot|can not|could not|couldn''t|am unable to|are unable to|''?m unable to|''?m not able to|am not able to|are not able to|won''?t|will not|must decline|have to decline|am not allowed to|''?m not allowed to|am not permitted to)',
        ' (help|assist|answer|provide|discuss|comply|fulfil|fulfill|support|do that|do this|respond|share|talk|offer|give|process|complete|continue|engage|be able|accommodate|advise|that)'
    )
  )
