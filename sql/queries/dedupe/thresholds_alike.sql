-- Takes the trial pairs for all the evidence there is; one row per pair.
CREATE OR REPLACE TEMP VIEW alike_inputs AS SELECT a, b, similarity, difference, method FROM trial_pairs
