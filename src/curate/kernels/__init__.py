"""Arrays in, arrays out: the computations, which know no store, no file and no screen."""
