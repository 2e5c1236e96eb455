-- Examples that were looked through and are gone.
SELECT count(*) FROM privacy_checked WHERE example_id NOT IN (SELECT interaction_id FROM interactions)
