-- The human rating that counts, worked out once for all live rules; one row per interaction that has one.
CREATE OR REPLACE TEMP TABLE rated AS SELECT interaction_id, human_rating FROM ratings
