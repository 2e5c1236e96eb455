-- All reasons why the example is out, the one that counts first; one row per reason.
SELECT reason, stage, evidence FROM excluded WHERE example_id = $id ORDER BY place, reason
