"""What `refkit report` makes: one HTML page about a digest, its titles and papers."""
