-- Drops answers that begin by refusing ("I'm sorry, but I can't help with that"): within the first
-- 200 characters the model says of itself that it cannot, may not or will not help. What a shop or
-- a product cannot do, and help that only waits for a detail ("without your order number"), stay.
-- judges: answer
SELECT example_id, 'refusal' AS reason, NULL AS score
FROM (
    SELECT example_id,
           /* Few answers have a word that each of the forms has, and only these are made comparable. */
           CASE WHEN regexp_matches(lower(substr(response, 1, 200)), concat(
                    'can[''’ʼ´`]t|can\s*not|unable|not\s+able|won[''’ʼ´`]t|will\s+not|decline|refuse|not\s+(allowed|permitted|authori|',
                    'programmed|designed)|have\s+the\s+ability|don[''’ʼ´`]t\s+think|(something|anything|topic|area)\s+(that\s+)?i\s|',
                    'comfortable|my\s+(guidelines|polic|programming|principles|rules)|for\s+me\s+to|n[o''’ʼ´`]t\s+something'))
                THEN regexp_replace(translate(lower(substr(response, 1, 200)), '’ʼ´`', ''''''''''), '\s+', ' ', 'g')
                END AS beginning
    FROM candidates
    WHERE task <> 'classification' AND NOT corrected
)
WHERE (regexp_matches(beginning, concat(
        '(^|[^\w"“„«''])(i(''m| am| must| have to| need to| would have to)?( (sorry|afraid)(,? but)?,?( that)? i(''m| am)?)?( just| also| really| simply| currently)? ?',
        '(can''t|cannot|can not|unable to|not able to|won''t|will not|decline to|refuse to|not allowed to|not permitted to|',
        'not authori[sz]ed to|not programmed to|not designed to|don''t have the ability to|do not have the ability to|',
        'don''t think i can)|^(sorry,? )?(but )?(unable to|can''t|cannot)|(something|anything|topic|area) (that )?i (can|am able to|''m able to)( not|''t)?)',
        '( be able to)? ((help|assist)( you)?( out)?( with| in| on| here| further|[.,;:!?]|$)|(discuss|comment|comply|fulfil|fulfill|talk about|engage (in|with)|look into)\b|',
        'advise (you )?(on|about)\b|continue( with (this|that)|[.,;!?]|$)|(answer|respond to|process|complete|do|handle) (that|this|such)\b|',
        'answer (your|the|any|these|those|it)?( \w+)? ?questions?\b|',
        '(provide|give|offer|share|disclose)( you)?( with)?( out)?( any)?( \w+)? (help|assistance|advice|information|support|guidance|instructions|answers?)\b|',
        '(create|generate|write|produce|provide|share) (that|this|such)( \w+){0,3} (content|material|text|code|request|image|list|story|information)\b)'))
   OR regexp_matches(beginning, concat(
        '\bi(''m not| am not| do not feel| don''t feel| would not feel| wouldn''t feel| wouldn''t be)( \w+)? comfortable (with )?\w+ing\b|',
        '\b(against|violates?|outside) my (guidelines|policies|policy|programming|principles|rules)\b|',
        '\b(not|n''t)( be)? (appropriate|proper|right) for me to\b|',
        '\bi (must|have to|will have to|respectfully|politely|''ll have to)( respectfully| politely)? (decline|refuse)\b|',
        '\b(not|n''t) something (that )?i (can|could|am able to|''m able to|would) (help|assist|do|discuss|answer|talk|provide)')))
  AND NOT regexp_matches(beginning,
        '\b(help|assist|answer|look into|do|process|continue|complete)\b[^.!?]{0,60} (without|until|unless|before|unless and until|as long as)\b')
