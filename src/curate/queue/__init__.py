"""What a human should look at next."""
