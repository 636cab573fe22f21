"""Stage 2: a mention and its candidates -> a resolution. Pure; sources are handed in."""
