"""`python -m clickwatch` is the `clickwatch` command."""

from clickwatch.cli.app import main

if __name__ == "__main__":
    main()
