"""`python -m ldmrelease`: the command line."""

from ldmrelease.faces.cli.main import main

if __name__ == "__main__":
    main()
