"""`python -m refkit` is `refkit`."""

from refkit.cli import main

main(prog_name="refkit")
