-- Drops answers in which the model speaks of itself as a language model.
-- judges: answer
SELECT example_id, 'boilerplate' AS reason, NULL AS score
FROM candidates
WHERE task <> 'classification' AND NOT corrected
  /* Few answers have a word that each of the forms has, and only these are made comparable. */
  AND CASE WHEN regexp_matches(lower(response), concat(
               '\bai\b|artificial|language|my\s+(knowledge|training)|as\s+of\s+my|by\s+(openai|anthropic|google)|',
               '(personal|real|human)\s+(opinion|feeling|emotion|belief|experience|preference)'))
           THEN regexp_matches(
               regexp_replace(translate(lower(response), '’ʼ´`', ''''''''''), '\s+', ' ', 'g'), concat(
    '\b(as|being|since i''m|since i am|because i''m|because i am) (just |only |merely )?an? (ai|artificial intelligence|(large )?language model)\b[^.,!?]{0,60}(, ?| )(i|i''m|i''ve|my)\b|',
    '\bi(''m| am) (just |only |merely |simply )?(an? )?(ai|artificial intelligence|(large )?language model|(ai|large) language model|(virtual|digital) ai)\b|',
    '\bmy (knowledge|training)( data)?( only)? (cutoff|cut-off|cut off|ends|goes|extends|was last|is limited)\b|',
    '\bas of my (last|latest|most recent)?( knowledge| training)? ?(update|cutoff|cut-off|training)\b|',
    '\b(developed|trained|created|made) by (openai|anthropic|google deepmind|meta ai)\b[^.!?]{0,20}(, ?| )i\b|',
    '\bi (don''t|do not) have (any )?(personal|real|human) (opinions?|feelings?|emotions?|beliefs?|experiences?|preferences?)\b'))
           ELSE false END
