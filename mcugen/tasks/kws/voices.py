"""Which of espeak-ng's voice variants speak in which split.

Left out are whispers, robots and jokes. Variants that derive from each other (f1 … f5, say) are in
the same split.
"""

from __future__ import annotations

VALIDATION = (
    *("Andrea", "Diogo", "Hugo", "belinda", "grandpa", "ian", "marcelo", "paul", "quincy"),
    *("shelby", "victor"),
)
TEST = (
    *("Alicia", "Denis", "Mario", "aunty", "edward", "edward2", "john", "linda", "steph"),
    *("steph2", "steph3", "travis", "zac"),
)
TRAIN = (
    *("Alex", "Andy", "Annie", "Gene", "Gene2", "Henrique", "Jacky", "Lee", "Marco", "Michael"),
    *("Mike", "Nguyen", "Reed", "RicishayMax", "RicishayMax2", "RicishayMax3", "adam", "anika"),
    *("announcer", "antonio", "benjamin", "boris", "caleb", "david", "ed", "f1", "f2", "f3", "f4"),
    *("f5", "grandma", "gustave", "iven", "iven2", "iven3", "iven4", "kaukovalta", "klatt"),
    *("klatt2", "klatt3", "klatt4", "klatt5", "klatt6", "m1", "m2", "m3", "m4", "m5", "m6", "m7"),
    *("m8", "max", "michel", "miguel", "mike2", "norbert", "pablo", "pedro", "rob", "robert"),
    *("sandro",),
)
SPLITS = {"train": TRAIN, "validation": VALIDATION, "test": TEST}
