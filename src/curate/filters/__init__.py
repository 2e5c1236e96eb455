"""Drop rules: what they are, and what they say of each example."""
