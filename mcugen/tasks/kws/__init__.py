"""Keyword spotting: ten words, the unknown and silence."""

from mcugen.tasks.kws.task import Kws

__all__ = ["Kws"]
