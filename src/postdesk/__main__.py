"""`python -m postdesk` is the `postdesk` command."""

from postdesk.cli.main import app

if __name__ == "__main__":
    app()
