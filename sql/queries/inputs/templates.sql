-- The templates that were found; one row per beginning or ending.
SELECT source, affix, text FROM templates ORDER BY source, affix, text
