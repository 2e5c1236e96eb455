-- Takes the staged documents of some ids away, to put them back whole.
DELETE FROM staging_interactions WHERE source_id IN (SELECT unnest($ids))
