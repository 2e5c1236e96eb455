-- Forgets what the rules on content judged under other settings.
DELETE FROM filter_checked
