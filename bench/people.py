"""People made in SQL, with a realistic distribution of names."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from django.db import connection

from accounts.search import normalise

# From common to rare: first names from 6 %, last names from 4 %.
FIRST = """
Emma, Daan, Sophie, Noah, Zoë, Levi, Julia, Sem, Fatima, Mohammed, Anouk, Jesse, Sanne, Thomas, José,
Lotte, Lars, Femke, Thijs, Noor, Ruben, Eva, Jayden, Roos, Stijn, Iris, Bram, Maud, Tim, Esmée, Jan,
Sara, Piet, Naomi, Bas, Vera, Koen, Anne, Mees, Lisa, Lieke, Finn, Yara, Guus, Milou, Hugo, Isa, Sven,
Floor, Teun
"""
LAST = """
Jansen, de Vries, van den Berg, Bakker, van Dijk, Visser, Janssen, Smit, Meijer, de Boer, Mulder,
de Groot, Bos, Vos, Peters, Hendriks, van Leeuwen, Dekker, Brouwer, de Wit, Dijkstra, Smits, de Graaf,
van der Meer, van der Linden, Kok, Jacobs, de Haan, Vermeulen, van den Heuvel, van der Veen,
van den Broek, de Bruijn, de Bruin, van der Heijden, Schouten, van Beek, Willems, van Vliet, Hoekstra,
Maas, Verhoeven, Koster, van Dam, van der Wal, Prins, Blom, Huisman, Peeters, de Jong, Kuipers, van Veen,
Kramer, van den Brink, Gerritsen, Postma, Çelik, Brömmel, Müller, Yılmaz, Özdemir, Zwart, Wolters,
Zijlstra, Witteveen, van 't Hoff, van Zanten, el Idrissi, Nuñez, Ait Ali
"""
MORE_FIRST = ("Ar, Be, Cor, Dil, El, Fab, Gi, Hil, Ja, Ker, Li, Mar", "an, ina, o, ko, ris, win")
MORE_LAST = (
    "Al, Bel, Dor, Drie, Eik, Feen, Gras, Hol, Kem, Lind, Meer, Noord, Oost, Pol, Ros, Schip, Steen, Tor, Veld, Zuid",
    "man, sma, stra, inga, huis, broek, kamp, veld, burg, hof, meijer, dal, beek, bosch, mans",
)
NAMES = "CREATE TEMPORARY TABLE names (kind text, number int, infix text, name text, plain text)"
# random() ^ 2 makes the first names common; the number makes each email unique.
PEOPLE = """
CREATE TEMPORARY TABLE people AS
SELECT n, f.name AS first_name, l.infix, l.name AS last_name, f.plain AS plain_first, l.plain AS plain_last,
       replace(f.plain || '.' || l.plain, ' ', '') || '.' || n || '@student.test' AS email,
       (100000 + n)::text AS student_number
FROM (
    SELECT n, floor(random() ^ 2 * (SELECT count(*) FROM names WHERE kind = 'first')) AS first,
              floor(random() ^ 2 * (SELECT count(*) FROM names WHERE kind = 'last')) AS last
    FROM generate_series(1, %(people)s) n
) drawn
JOIN names f ON f.kind = 'first' AND f.number = drawn.first
JOIN names l ON l.kind = 'last' AND l.number = drawn.last
"""


def make_people(count: int) -> None:
    """Fill a temporary table `people`: n from 1, names, normalised names, address and number."""
    with connection.cursor() as cursor:
        cursor.execute(NAMES)
        for kind, names, more in (("first", FIRST, MORE_FIRST), ("last", LAST, MORE_LAST)):
            cursor.executemany("INSERT INTO names VALUES (%s, %s, %s, %s, %s)", list(_numbered(kind, names, more)))
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute(PEOPLE, {"people": count})


def _numbered(kind: str, names: str, more: tuple[str, str]) -> Iterator[tuple[str, int, str, str, str]]:
    """Yield (kind, index, infix, name, normalised name) of `names` and of all combinations of the halves in `more`."""
    combined = ("".join(parts) for parts in itertools.product(*(half.split(", ") for half in more)))
    for number, whole in enumerate([*" ".join(names.split()).split(", "), *combined]):
        words = whole.split()
        small = sum(word[0].islower() or word[0] == "'" for word in words)
        yield kind, number, " ".join(words[:small]), " ".join(words[small:]), normalise(" ".join(words[small:]))
