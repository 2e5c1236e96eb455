"""Plain documents become rows many at once; what is not plain is made row by row."""
