"""Serve ASGI applications with deadlines and connection limits for their peers."""

from bot.serving.connection_limits import Limits
from bot.serving.connections import network_of
from bot.serving.server import CannotListen, address_of, beside, listen, within

__all__ = ["CannotListen", "Limits", "address_of", "beside", "listen", "network_of", "within"]
