-- Forgets the copies of the staging tables that a pull of files has made for itself.
DROP TABLE IF EXISTS temp.staging_interactions;
DROP TABLE IF EXISTS temp.staging_feedback;
DROP TABLE IF EXISTS temp.staging_rejects;
