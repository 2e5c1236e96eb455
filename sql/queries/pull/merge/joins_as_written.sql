-- Has the right side of each join be held in memory, and the left side, which may be great, pass by: how
-- many rows files hold is not known to the optimizer.
SET disabled_optimizers = 'join_order,build_side_probe_side'
