"""`python -m ledgerflow`."""

from ledgerflow.cli.main import run

run()
