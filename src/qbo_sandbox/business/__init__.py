"""A made-up business from a seed: every record a QuickBooks company of its kind would hold, consistent to the cent."""

from qbo_sandbox.business.generate import Chunk, generate

__all__ = ["Chunk", "generate"]
