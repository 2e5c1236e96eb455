-- Records that a command is done, whether it changed anything, and its counts.
UPDATE runs SET finished_at = $finished_at, outcome = $outcome, counts = $counts
WHERE run_id = $run_id
