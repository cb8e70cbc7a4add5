"""The peer: about the least that a typer program of two commands can be."""

import typer

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def hello(name: str) -> None:
    """Greet."""
    print(f"hello {name}")


@app.command()
def goodbye(name: str, formal: bool = False) -> None:
    """Take leave."""
    print(f"goodbye {name}" if formal else f"bye {name}")


app()
