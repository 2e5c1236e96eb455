-- Keys of the values that are allowed.
SELECT value_key FROM privacy_allowed WHERE NOT withdrawn AND value_key IS NOT NULL ORDER BY number
