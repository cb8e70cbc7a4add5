"""For whoever runs the program: doctor, notifications."""
