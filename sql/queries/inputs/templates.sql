-- The prompt templates that were found; one row per source.
SELECT source, prefix, suffix FROM templates ORDER BY source
