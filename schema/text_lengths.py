"""What the cost of an operation takes texts to have whose most is far from the usual."""

LEGAL_LENGTH = 20_000  # characters: one may have 100,000, and the usual ones have some 10,000
