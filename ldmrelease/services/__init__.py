"""What the faces offer: pin, gather, decide, drive, observe."""
