"""Which column of a table, or field of an object, holds what: as the user says, by its name, or by what stands in it.

Tables, JSON and YAML share this: a digest is a number of rows, each a value a column, and perhaps names of the columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from refkit.digests.cells import ARXIV, AUTHORS, DATE, LINK, NUMBER, PROSE, TITLE, Cells, look_at
from refkit.errors import UsageError

FIELDS = ("title", "abstract", "authors", "heading", "issued", "arxiv_id", "doi", "url")

# The names that a field goes by, in the order in which they are preferred; compared by letters and digits alone,
# without case, so that `Paper Title`, `paper_title` and `paperTitle` are one name. The words of other languages are
# those of spreadsheets and catalogues.
_NAMES = {
    "title": """title | paper title | article title | publication title | title of paper | titles | full title
        | titel | titre | título | titulo | títol | titolo | titlu | tytuł | název | názov | naslov
        | otsikko | tittel | overskrift | cím | başlık | название | заголовок | назва | τίτλος
        | عنوان | 标题 | 標題 | 题目 | 題目 | 题名 | 题名 title | 论文 | 论文标题 | 论文题目 | 论文名称
        | 論文 | 論文題目 | 論文名 | タイトル | 論文タイトル | 제목 | 논문 | 논문 제목 | paper
        | paper name | display name | headline | name | papers""",
    "abstract": """abstract | paper abstract | abstract text | summary | description | abstract note
        | abstract inverted index | zusammenfassung | kurzfassung | résumé | resumen | resumo
        | riassunto | streszczenie | abstrakt | sammanfattning | аннотация | реферат | özet | 摘要
        | 要旨 | 概要 | 抄録 | 초록 | 요약 | tldr | snippet""",
    "authors": """authors | author | author names | author list | authors list | creators | creator | authorships
        | author full names | authors full names | paper authors | autoren | autor | verfasser | autores
        | auteurs | auteur | autori | autore | autorzy | författare | forfattere | tekijät | авторы
        | автор | автори | yazarlar | yazar | συγγραφείς | 作者 | 著者 | 저자 | first author""",
    "heading": """heading | section | topic | category | track | theme | area | kategorie | thema | rubrik | rubrique
        | catégorie | categoría | categoria | раздел | тема | 类别 | 分类 | 主题 | カテゴリ | 분류""",
    "issued": """issued | date | published | publication date | date published | published date | published at
        | published on | publish date | pub date | submitted | submission date | submitted date
        | submitted on | publication year | year | pub year | datum | erscheinungsdatum | jahr
        | erscheinungsjahr | fecha | año | data | ano | année | anno | rok | år | vuosi | дата | год
        | дата публикации | год публикации | рік | tarih | yıl | 日期 | 发表日期 | 发布日期 | 年份 | 年
        | 出版年 | 発行年 | 発表日 | 날짜 | 연도 | 발행일""",
    "arxiv_id": "arxiv id | arxiv | arxiv identifier | arxiv number | eprint | id | paper id",
    "doi": "doi | article doi | doi url | doi link",
    "url": """url | link | arxiv url | paper url | pdf | pdf url | abs url | arxiv link | paper link | links
        | pdf link | landing page url | open access pdf | oa | site | href | uri | paper | abs | lien
        | enlace | collegamento | ссылка | 链接 | 论文链接 | 連結 | リンク | 論文リンク | 링크""",
    "month": "month | monat | mois | mes | mês | mese | месяц | 月 | 月份 | 월",
    "day": "day | tag | jour | día | dia | giorno | день | 日 | 일",
}  # fmt: skip
_REMARK = re.compile(r"[(\[（【][^)\]）】]{0,60}[)\]）】]")
_BY_CONTENT = ("authors", "abstract", "issued")
_LONGEST_NAME, _MOST_WORDS = 40, 4


def fold_name(name: str) -> str:
    """Return the letters and digits of a name without case; a remark in brackets is left out."""
    if "(" in name or "[" in name or not name.isascii():
        name = _REMARK.sub("", name) or name
    return "".join(letter for letter in name.casefold() if letter.isalnum())


ALIASES: Mapping[str, tuple[str, ...]] = {
    field: tuple(dict.fromkeys(fold_name(name) for name in names.split("|"))) for field, names in _NAMES.items()
}
_FIELD_OF = {alias: field for field, names in ALIASES.items() for alias in names}
# Titles may stand under these names too, but so do names of models, people and places: their content has to be right.
WEAK = frozenset({"name", "paper", "papers", "displayname", "headline"})
# What a column with such a name must not hold; a column of links named `paper` holds no titles.
_NEVER_IN = {
    "title": {LINK, ARXIV, DATE, NUMBER},
    "abstract": {LINK, ARXIV, DATE, NUMBER},
    "authors": {LINK, ARXIV, DATE, NUMBER, PROSE},
    "heading": {LINK, PROSE},
    "issued": {LINK, ARXIV, PROSE, TITLE, AUTHORS},
    "url": {PROSE, DATE},
}


class Missing(NamedTuple):
    """A column that the user named and that is not there."""

    name: str


def parse_columns(options: Iterable[str]) -> dict[str, str]:
    """Return what `FIELD=NAME` options say: the column of each field, by its name or its number from 1.

    Raises UsageError for an unknown field, a field that is named twice, or no name.
    """
    columns: dict[str, str] = {}
    for option in options:
        left, equals, name = option.partition("=")
        field = left.strip().casefold().replace("-", "_")
        if not equals or not name.strip():
            raise UsageError(f"The column {option!r} has no name; write FIELD=NAME, for instance title=Paper.")
        if field not in FIELDS:
            raise UsageError(f"There is no field {left.strip()!r}; the fields are: {', '.join(FIELDS)}.")
        if field in columns:
            raise UsageError(f"The column of {field!r} is named twice ({columns[field]!r}, {name!r}); name one.")
        columns[field] = name.strip()
    return columns


def takes_columns(reader: object) -> bool:
    """Whether a reader, or its class, reads columns that the user names."""
    return hasattr(reader, "columns")


def could_be_names(cells: Sequence[str]) -> bool:
    """Whether a row has the form of names of columns: all of them short."""
    return all(len(cell) <= _LONGEST_NAME and len(cell.split()) <= _MOST_WORDS for cell in cells)


def by_name(names: Sequence[str], looks: Sequence[Cells] = ()) -> dict[str, int]:
    """Return the place of each field by the names of columns; one whose content contradicts its name is passed over."""
    folded = [fold_name(name) for name in names]
    known: dict[str, list[int]] = {}
    for place, name in enumerate(folded):
        known.setdefault(name, []).append(place)
    found: dict[str, int] = {}
    for field, aliases in ALIASES.items():
        places = [place for alias in aliases for place in known.get(alias, ())]
        free = [place for place in places if place not in found.values() and _may_hold(field, place, looks)]
        if free:
            found[field] = free[0]
    return found


def _may_hold(field: str, place: int, looks: Sequence[Cells]) -> bool:
    return place >= len(looks) or looks[place].kind not in _NEVER_IN.get(field, ())


def known_names(names: Sequence[str]) -> int:
    """Return how many of the names are those of a field."""
    return sum(fold_name(name) in _FIELD_OF for name in names)


def assign(
    names: Sequence[str], rows: Sequence[Sequence[str]], named: Mapping[str, str] | None = None
) -> dict[str, int] | Missing:
    """Return the place of each field: as the user named it, else by the names of columns, else by their content.

    `names` is empty where the digest gives none; `rows` are some of its rows. Content decides about everything where no
    name is that of a title; else only about links to papers. There is no "title" where nothing looks like titles.
    """
    width = max([len(names), *(len(row) for row in rows)], default=0)
    looks = [look_at([row[place] for row in rows if place < len(row)]) for place in range(width)]
    chosen = named_places(names, width, named or {})
    if isinstance(chosen, Missing):
        return chosen
    found = {field: place for field, place in by_name(names, looks).items() if place not in chosen.values()} | chosen
    if "title" not in found:
        found |= _by_content(looks, found)
    if not {"arxiv_id", "doi", "url"} & set(found):
        links = [place for place, look in enumerate(looks) if look.papers and place not in found.values()]
        found |= {"url": links[0]} if links else {}
    return found


def named_places(names: Sequence[str], width: int, named: Mapping[str, str]) -> dict[str, int] | Missing:
    """Return the places of the columns that the user named, or the first that is not there."""
    found: dict[str, int] = {}
    written, folded = [" ".join(name.split()).casefold() for name in names], [fold_name(name) for name in names]
    for field, name in named.items():
        own = " ".join(name.split()).casefold()
        if own in written:
            found[field] = written.index(own)
        elif fold_name(name) and fold_name(name) in folded:
            found[field] = folded.index(fold_name(name))
        elif name.isascii() and name.isdigit() and 1 <= int(name[:6]) <= width:
            found[field] = int(name) - 1
        else:
            return Missing(name)
    return found


def _by_content(looks: Sequence[Cells], known: Mapping[str, int]) -> dict[str, int]:
    """Return the columns that look like titles, lists of authors, abstracts and dates, apart from the known ones."""
    free = [place for place in range(len(looks)) if place not in known.values()]
    best = max(free, key=lambda place: looks[place].titles, default=-1)
    if best < 0 or not looks[best].titles:
        return {}
    found = {"title": best}
    kinds = {"authors": AUTHORS, "abstract": PROSE, "issued": DATE}
    for field in _BY_CONTENT:
        places = [place for place in free if looks[place].kind == kinds[field] and place not in found.values()]
        if places and field not in known:
            found[field] = places[0]
    return found
