"""`curate report`: one HTML file to look at."""
