"""What a shell is told while a command line is typed, without loading the command line itself."""
