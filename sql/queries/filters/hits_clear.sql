-- Removes what the rules on content hit under other settings.
DELETE FROM filter_hits
