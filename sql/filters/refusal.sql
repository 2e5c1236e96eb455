-- Drops answers that begin by refusing ("I'm sorry, but I can't help with that"): within the first
-- 200 characters the model says of itself that it cannot, may not or will not help.
-- judges: answer
SELECT example_id, 'refusal' AS reason, NULL AS score
FROM (
    SELECT example_id, replace(lower(substr(response, 1, 200)), '’', '''') AS beginning
    FROM candidates
    WHERE task <> 'classification' AND NOT corrected
)
WHERE regexp_matches(beginning, concat(
        '\bi(''m| am| must| have to| need to)?( sorry,? but i)? ?',
        '(can''t|cannot|can not|could not|couldn''t|unable to|not able to|won''t|will not|decline to|',
        'refuse to|not allowed to|not permitted to|don''t have the ability to|do not have the ability to)',
        '( be able to)? (help|assist|answer|discuss|comment|comply|fulfil|fulfill|continue|engage|advise|',
        'talk about|look into|do that|do this|(provide|give|offer|share)( you)?( with)?( any)? ',
        '(help|assistance|advice|information|support|guidance|answers?))\b'))
   OR regexp_matches(beginning, concat(
        '\b(not|n''t)( feel)? comfortable (with )?(answering|discussing|helping|providing|talking)|',
        '\b(against|violates?|outside) my (guidelines|policies|policy|programming|principles|rules)|',
        '\bnot( be)? (appropriate|proper|right) for me to\b'))
