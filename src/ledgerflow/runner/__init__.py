"""Plan a flow, run it, carry on after a stop."""
