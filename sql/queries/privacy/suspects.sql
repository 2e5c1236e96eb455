-- Which texts (a table or view texts) may hold personal data or secrets; one row per place. A
-- backslash may begin the escape of any character where a text is JSON itself.
SELECT DISTINCT place FROM texts
WHERE regexp_matches(concat_ws(chr(10), messages, output, tools, query, response, label), $pattern)
   OR contains(concat_ws(chr(10), query, response, label), '\')
ORDER BY place
