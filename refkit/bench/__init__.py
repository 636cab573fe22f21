"""What `refkit bench` does: titles with known answers in, figures and a page about them out."""
