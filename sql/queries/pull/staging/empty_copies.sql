-- Empty copies of the staging tables, for whoever compares a page with what is here and stores nothing.
CREATE OR REPLACE TEMP TABLE staging_interactions AS FROM staging_interactions LIMIT 0;
CREATE OR REPLACE TEMP TABLE staging_feedback AS FROM staging_feedback LIMIT 0;
CREATE OR REPLACE TEMP TABLE staging_rejects AS FROM staging_rejects LIMIT 0;
