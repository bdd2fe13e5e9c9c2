"""`python -m livingdrug` is the same door as the `livingdrug` command."""

from livingdrug.cli.main import run

if __name__ == "__main__":
    run()
