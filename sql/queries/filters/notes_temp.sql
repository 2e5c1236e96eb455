-- What the rules hit that only note; one row per example and rule.
CREATE OR REPLACE TEMP TABLE notes AS
SELECT example_id, rule, reason FROM hits WHERE list_contains($rules, rule)
