"""What `refkit watch` does between two runs and in one: what was seen, what is new, what waits."""
