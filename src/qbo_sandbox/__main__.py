"""`python -m qbo_sandbox` serves a local QuickBooks."""

from qbo_sandbox.server import main

raise SystemExit(main())
