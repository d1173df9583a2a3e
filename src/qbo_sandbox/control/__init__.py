"""The control endpoint: what a test does to the sandbox that no client of Intuit could."""

from qbo_sandbox.control.routes import control_routes

__all__ = ["control_routes"]
