-- Forgets that interactions which are gone were deleted before; the newest deletion is noted.
DELETE FROM interaction_history WHERE deleted AND interaction_id IN (SELECT id FROM gone)
