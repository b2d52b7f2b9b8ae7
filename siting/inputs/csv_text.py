"""CSV tables as text: strict about their shape, with row numbers for messages; lines that begin with # are comments."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

from siting.errors import InputError
from siting.inputs.world_checks import first_few

COMMENT = "#"
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def read_csv_text(
    path: Path, columns: tuple[str, ...] = (), delimiter: str = ",", stated: bool = False
) -> pd.DataFrame:
    """A CSV as text with the named columns, indexed by row number (the first line of the file is row 1).

    A row may leave out fields at its end (they are empty) but not hold more than the header: a comma without quotes would
    shift what follows it. `stated`: the delimiter is one a world.yaml states, or may state. Raises InputError for a file
    that is missing, unreadable, separated otherwise or misshapen.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file; every world has one (see `siting data describe`)")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            plain = ["\n" if line.startswith(COMMENT) else line for line in file]  # keeps the row numbers
            _refuse_other(path, plain, delimiter, stated)
            rows = enumerate(csv.reader(plain, strict=True, delimiter=delimiter), start=1)
            lines = [(i, row) for i, row in rows if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: is not a readable UTF-8 CSV table ({error})") from None
    if not lines:
        raise InputError(f"{path}: is empty; its first row names the columns")
    header = lines[0][1]
    missing = [column for column in columns if column not in header]
    if missing:
        raise InputError(f"{path}: column {', '.join(missing)} is missing; columns: {', '.join(header)}")
    twice = [name for name in header if header.count(name) > 1]
    if twice:
        raise InputError(f"{path}: column '{twice[0]}' stands twice; keep one")
    too_long = [
        f"{path.name} row {i}: has {len(row)} fields, the header {len(header)}; put quotes around text with commas"
        for i, row in lines[1:]
        if len(row) > len(header)
    ]
    if too_long:
        raise InputError(first_few(too_long))
    filled = [row + [""] * (len(header) - len(row)) for _, row in lines[1:]]
    return pd.DataFrame(filled, index=[i for i, _ in lines[1:]], columns=header, dtype=str)


def _refuse_other(path: Path, lines: list[str], delimiter: str, stated: bool) -> None:
    """InputError for a header in one piece that another delimiter takes apart."""
    row, header = next(((i, line) for i, line in enumerate(lines, start=1) if line.strip()), (0, ""))
    others = [sign for sign in SEPARATORS if sign in header]
    if delimiter in header or not others:
        return
    found = max(others, key=header.count)
    expected = SEPARATORS.get(delimiter, f"'{delimiter}'")
    sign = "\\t" if found == "\t" else found
    remedy = (
        f'say delimiter: "{sign}" (and decimal: "," if its numbers are written so) of this file in world.yaml'
        if stated
        else f"save it with {expected}, and with points in its decimals"
    )
    raise InputError(
        f"{path} row {row}: the columns are separated by {SEPARATORS[found]} ('{sign}'), {expected} are expected; {remedy}"
    )
