"""Serve ASGI applications with deadlines and connection limits for their peers."""

from bot.serving.connection_limits import Limits
from bot.serving.connections import network_of
from bot.serving.server import CannotListen, listen, parse_address, serve_in_loop, serve_in_thread

__all__ = [
    "CannotListen",
    "Limits",
    "listen",
    "network_of",
    "parse_address",
    "serve_in_loop",
    "serve_in_thread",
]
