"""Programs that we drive and what they make: PlatformIO, ELF sizes, stack bounds."""
