"""Files of other tools, read: bytes in, what they say or what is wrong with them out. One file per format."""
