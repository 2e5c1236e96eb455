-- The templates that were found, the longest first; one row per beginning or ending.
SELECT source, affix, text FROM templates ORDER BY source, length(text) DESC, text
