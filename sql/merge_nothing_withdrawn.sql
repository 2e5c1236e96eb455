-- Feedback files withdraw nothing; an empty table for the steps that follow.
CREATE OR REPLACE TEMP TABLE withdrawn (feedback_id VARCHAR)
