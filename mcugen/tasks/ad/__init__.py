"""Anomaly detection: does a machine sound as it should?

As in MicroNets (Banbury et al., MLSys 2021) and its source (Giri et al., DCASE 2020): a network
learns to tell units of one machine type apart from normal sounds alone; a recording that it does
not take for its own unit is suspicious. An architecture that takes 640 values is trained as MLPerf
Tiny's autoencoder instead: what it cannot reproduce is suspicious.
"""

from mcugen.tasks.ad.task import Ad

__all__ = ["Ad"]
