"""What the network's heads mean: names and strides, shared by training and service."""

BACKGROUND, PART, OTHER = 0, 1, 2
"""Channels of the sight head."""
SIGHT_COUNT = 3

SIGHT_STRIDE = 2
"""Network pixels per output pixel of the sight and seam heads."""
CENTRE_STRIDE = 4
"""Network pixels per output pixel of the label and centre heads."""

SIZE_MULTIPLE = 32
"""Width and height of the network's input must be multiples of this."""

NO_LABEL = -1
"""Value of a label target where no part is."""
NO_SEAM = -1.0
"""Value of a seam target where no object is, and so nothing is asked."""
