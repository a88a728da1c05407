"""How a search proceeds: its epochs, rates and temperature. Needs no TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass

CERTAIN = 0.9
"""Only decisions as certain as this, on average, are sampled colder than 1."""

COLDEST = 0.5
EARLY = 0.8
"""Of the search's epochs; the temperature has fallen by then, if decisions are taken by then."""


@dataclass(frozen=True)
class Plan:
    """What a search does besides its space and budgets.

    Of `epochs`, the first `warmup_epochs` leave the architecture as it is and train the weights of
    all networks. `learning_rate` is the peak of the weights', `architecture_rate` that of the
    choices' logits. `temperature` is what sampling begins with. The rest are those of `Recipe`.
    """

    epochs: int
    warmup_epochs: int
    batch: int
    learning_rate: float
    weight_decay: float
    label_smoothing: float
    seed: int
    architecture_rate: float = 0.03
    temperature: float = 3.0
    decisiveness: float = 1.0

    def decisiveness_of(self, epoch: int) -> float:
        """What `relaxation.spread` costs in an epoch: nothing at first, then more and more.

        A mixture of a narrow layer and a wide one computes nearly what the wide one does, and costs
        the mean of both: unless it is made to, the task's loss does not decide between them. For
        the idea see Tian et al., "Discretization-Aware Architecture Search", 2021.
        """
        return self.decisiveness * min(1.0, self._passed(epoch))

    def temperature_of(self, epoch: int, certainty: float) -> float:
        """The temperature of an epoch, counted from 1, begun with decisions so certain.

        It falls towards 1 with the epochs, but no faster than decisions are taken: networks that
        are sampled cold while choices are open differ so much that their common weights forget.
        """
        if epoch <= self.warmup_epochs:
            return self.temperature
        passed = self._passed(epoch)
        share = min(1.0, passed, certainty / CERTAIN)
        colder = (1.0 - COLDEST) * max(0.0, certainty - CERTAIN) / (1.0 - CERTAIN)
        fallen: float = self.temperature ** (1.0 - share)
        return max(1.0, fallen) - (colder if passed >= 1.0 else 0.0)

    def _passed(self, epoch: int) -> float:
        """Epochs searched, of those in which the temperature is to fall."""
        falling = EARLY * (self.epochs - self.warmup_epochs)
        return max(0, epoch - self.warmup_epochs) / max(1.0, falling)
