-- Has the optimizer choose again how tables are joined.
RESET disabled_optimizers
