"""What `refkit review` works on: the choices so far, what is shown of them, and the page that shows it."""
