"""`python -m thinkaloud`."""

from thinkaloud.cli.main import main

main()
