"""mcugen: from a .tflite model to proven firmware for a microcontroller.

The same verbs as on the command line:

    import mcugen
    result = mcugen.build("kws.tflite", "disco_f746ng")
    proof = mcugen.verify("kws.tflite", "qemu_m4", count=20)
"""

from mcugen.api import *  # noqa: F403
from mcugen.version import VERSION as __version__  # noqa: F401
