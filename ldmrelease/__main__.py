"""`python -m ldmrelease`: the command line."""

from ldmrelease.cli.main import main

if __name__ == "__main__":
    main()
