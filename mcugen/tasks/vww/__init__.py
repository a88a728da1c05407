"""Visual wake words: is there a person in the image?

Source: Chowdhery et al., "Visual Wake Words Dataset", 2019. The images and boxes are those of COCO.
"""

from mcugen.tasks.vww.task import Vww

__all__ = ["Vww"]
