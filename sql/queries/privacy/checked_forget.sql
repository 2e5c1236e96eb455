-- Forgets that examples were looked through that were looked at again (looked_at), or are gone.
DELETE FROM privacy_checked
WHERE example_id IN (SELECT example_id FROM looked_at)
   OR example_id NOT IN (SELECT interaction_id FROM interactions)
