"""Talking to the firmware: one protocol, three ways to carry it."""
