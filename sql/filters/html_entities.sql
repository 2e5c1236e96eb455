-- Notes texts with HTML entities such as `&amp;` and `&#39;` outside of code: a page was logged, not
-- what people read.
-- does: note
-- judges: input
SELECT example_id, 'html_entities' AS reason, NULL AS score
FROM candidates
WHERE regexp_matches(
    regexp_replace(concat_ws(E'\n', query, response), '(?s)```.*?(```|$)|`[^`\n]*`', '', 'g'),
    concat('&(#[0-9]{2,6}|#[xX][0-9a-fA-F]{2,5}|amp|lt|gt|quot|apos|nbsp|hellip|[mn]dash|[lr][sd]quo|[lr]aquo|bull|middot|',
           'copy|reg|trade|deg|euro|pound|[aeiouyAEIOUY](uml|acute|grave|circ|tilde)|szlig|[cC]cedil|[nN]tilde|[oO]slash|',
           '[aA]ring|(ae|AE|oe|OE)lig);'))
