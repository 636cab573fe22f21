"""What is asked for a title, read by a copy of arXiv's own parser and put to a copy of its index."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from refkit.metadata.arxiv_query import GROUPS, PARTS, WHOLE, Question, ask
from refkit.model import ArxivRecord, Mention
from refkit.testing import ArxivCorpus
from refkit.testing.arxiv_corpus import Search
from refkit.testing.arxiv_query import Chain, Node, Not, Term, adapt, parse
from refkit.testing.arxiv_titles import STOP_WORDS, tokens

RUNGS = (WHOLE, PARTS, GROUPS)
_SETTINGS = settings(max_examples=120, deadline=None)
_WORDS = (
    "Owls owls nocturnal Flight MICE Learning networks transformers GPT-4 BERT x2 1.5 1,000.5 3;4 e.g. C++ 10% a_b Q&A "
    "Schrödinger café naïve Müller's Erdős 深度学习 Hear-say self-attention α-stable TNFα μSR don't it's O'Neil's "
    "L’Hôpital’s x² ½ _ $O(n^2)$ $k$NN \\alpha Erd\\H{o}s M\\\"uller {Deep} {\\'E}tale \\emph{Strix} col·lector 4th"
).split()
_STOP_WORDS = (
    "a an and are as for in is it no not of on or such that the their then there these to was will with".split()
)
_MARKS = (" ", " ", " ", "-", " - ", ": ", ":", ", ", " — ", "–", "? ", "! ", " (", ") ", "/", "… ", "'", "’ ", ' "')
_titles = st.lists(
    st.tuples(st.sampled_from((*_WORDS, *_STOP_WORDS)), st.sampled_from(_MARKS)), min_size=1, max_size=14
).map(lambda pieces: "".join(word + mark for word, mark in pieces).strip())
# Any text at all, and text that is likelier to hold what hurts.
_texts = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="\"\\*?'’${}()[]:-_ \n\r\t…²½αaithe'sAND OR", max_size=40),
    st.lists(st.sampled_from((*_WORDS, *_STOP_WORDS, *_MARKS, "\\", '"', "AND", "ti:", "(")), max_size=12).map(
        " ".join
    ),
)


def clause(title: str, rung: int = WHOLE, *authors: str) -> str:
    question = ask(Mention(title=title, authors=authors), rung)
    return question.clause if question else ""


def phrase(title: str) -> str:
    """The words that are asked for on the first rung, "" for no question."""
    text = clause(title)
    assert not text or (text.startswith('ti:"') and text.endswith('"'))
    return text.removeprefix('ti:"').removesuffix('"')


def terms(node: Node) -> Iterator[Term]:
    match node:
        case Term():
            yield node
        case Not():
            pytest.fail(f"{node} asks for everything else")
        case Chain():
            for operand in node.operands:
                yield from terms(operand)


def meant(question: Question) -> Node:
    """The question as arXiv reads it: well formed, and each of its terms a term that finds something."""
    node = parse(adapt(question.clause))
    asked = list(terms(node))
    assert len(asked) == question.terms
    for term in asked:
        assert term.field in {"ti", "au"}
        words = [token.removesuffix("'s") for token in tokens(term.text)]
        kept = words if term.field == "au" else [word for word in words if word not in STOP_WORDS]
        assert any(map(str.isalnum, "".join(kept))), f"{term} is empty, or of stop words only"
    return node


def found(title: str, *others: str) -> list[str]:
    """The titles that a corpus with these gives for the first question about the first one."""
    question = ask(Mention(title=title), WHOLE)
    assert question
    records = [
        ArxivRecord(arxiv_id=f"2401.{number:05}", title=each) for number, each in enumerate((title, *others), start=1)
    ]
    page = ArxivCorpus.from_records(records).search(Search(query=meant(question), size=50))
    return [document.title for document in page.documents]


@pytest.mark.parametrize(
    ("title", "asked"),
    [
        ("Attention Is All You Need", "Attention Is All You Need"),
        ('Owls "at" Night: \\ Mice*, Men? and\r\nMore', "Owls at Night"),
        ('The "Owl" *Star* Hears? Mice\nat Night', "The Owl Star Hears Mice at Night"),
        ("“Owls” and ‘Mice’ — at Night", "Owls and Mice at Night"),
        ("Don’t Wake Sleeping Owls", "Wake Sleeping Owls"),
        ("Why Owls Sleep at Noon and Don't Wake Up", "Why Owls Sleep at Noon and"),
        ("The Owl's Ear and the Mice’s Nose", "The Owl's Ear and the Mice's Nose"),
        ("L’Hôpital’s Rule for Hungry Owls", "Rule for Hungry Owls"),
        ("The Users' Owls of Two Cities", "The Users Owls of Two Cities"),
        ("Bounds of $O(n^2)$ for Night Owls Asleep", "for Night Owls Asleep"),
        (r"Flight of \alpha Owls over Silent Fields", "over Silent Fields"),
        (r"\textbf{STRIX}: Owls Hear Field Mice", "Owls Hear Field Mice"),
        ('M{\\"u}ller Theory of Silent Owls', "Theory of Silent Owls"),
        (r"Paul Erd\H{o}s Counts Silent Owls", "Counts Silent Owls"),
        ("TNFα and Owls of Silent Nights", "and Owls of Silent Nights"),
        ("Owls ≤ Mice in Silent Nights", "Mice in Silent Nights"),
        ("{Deep} {O}wls at {Night}", "Deep Owls at Night"),
        ("Owls Hear Mice in Silent Nig…", "Owls Hear Mice in Silent"),
        ("Owls Hear Mice in Silent Nig...", "Owls Hear Mice in Silent"),
        ("深度学习 与 猫头鹰", "深度学习 与 猫头鹰"),
        ("Schro\u0308dinger Owls and E\u0301tale Mice", "Schrödinger Owls and Étale Mice"),
        ("GPT-4, v1.5 and 1,000.5 Owls", "GPT 4 v1.5 and 1,000.5 Owls"),
        ("E = mc² and Other Owls", "E mc and Other Owls"),
        ("One Two Three Four Five Six Seven Eight Nine Ten More", "One Two Three Four Five Six Seven Eight Nine Ten"),
        ("Lasers of 1.5μm and of 1,500μm for Owls", "Lasers of"),
    ],
)
def test_a_phrase_holds_only_what_the_index_surely_has_as_written(title: str, asked: str) -> None:
    assert phrase(title) == asked


@pytest.mark.parametrize(
    "title", ["", " ", "The", "To Be or Not to Be", "?", '"', "…", "Owls…", "It's", "_", "½", "$x$", "α"]
)
def test_nothing_is_asked_where_a_phrase_would_be_empty_or_of_stop_words_only(title: str) -> None:
    assert [clause(title, rung) for rung in RUNGS] == ["", "", ""]


@_SETTINGS
@given(title=_texts, authors=st.lists(_texts, max_size=2))
@example(title="the²", authors=[])
@example(title="With - Zygodactyl", authors=[])
@example(title="That's It", authors=["'"])
@example(title='a" OR all:"b', authors=['O"Neil\\'])
def test_any_text_gives_good_questions_or_none(title: str, authors: list[str]) -> None:
    for rung in RUNGS:
        question = ask(Mention(title=title, authors=tuple(authors)), rung)
        if question:
            meant(question)
            assert question.ways
            assert all(question.ways)


@_SETTINGS
@given(
    titles=st.lists(_texts, min_size=2, max_size=8),
    rung=st.sampled_from(RUNGS),
    author=st.sampled_from(["", "Ada Strix"]),
)
@example(titles=["Silent_Owls", "Mice"], rung=WHOLE, author="Ada Strix")
def test_many_clauses_joined_by_or_mean_each_of_them(titles: list[str], rung: int, author: str) -> None:
    questions = [each for title in titles if (each := ask(Mention(title=title, authors=(author,)), rung))]
    if not questions:
        return
    node = parse(adapt(" OR ".join(each.clause for each in questions)))
    alternatives = [operand for each in questions for operand in _operands(meant(each))]
    assert _operands(node) == alternatives


def _operands(node: Node) -> list[Node]:
    """What is joined by OR at the top; anything else than OR there would take its neighbours along."""
    if isinstance(node, Chain) and set(node.operators) == {"OR"}:
        return list(node.operands)
    assert isinstance(node, Term) or set(getattr(node, "operators", ())) == {"AND"}
    return [node]


@settings(max_examples=300, deadline=None)
@given(title=_titles)
@example(title="D'Alembert's Principle")
@example(title="1.5'Owls of 2.5μm")
@example(title="on μSR of Owls")
@example(title="Erd\\H{o}s Numbers")
@example(title="The 1,000.5 Owls")
@example(title="x² of Owls")
@example(title="\\alpha Owls Decay")
@example(title="\\alpha'Owls")
def test_a_title_that_is_current_and_exact_is_found(title: str) -> None:
    if ask(Mention(title=title), WHOLE):
        assert len(found(title)) == 1


def test_a_phrase_finds_its_title_and_not_those_that_share_its_words() -> None:
    title = "Silent Owls Hear Field Mice"
    assert found(title, "Field Mice Hear Silent Owls", "Owls Hear", "Why Silent Owls Hear Field Mice at Night") == [
        title,
        "Why Silent Owls Hear Field Mice at Night",
    ]


def test_short_titles_are_told_apart_and_take_the_author_along_in_parentheses() -> None:
    short = ask(Mention(title="The Owls of Athens"), WHOLE)
    assert short
    assert short.is_short
    assert short.clause == 'ti:"The Owls of Athens"'
    assert (
        clause("The Owls of Athens", WHOLE, "", "Laurens van der Maaten") == '(ti:"The Owls of Athens" AND au:"Maaten")'
    )
    assert clause("Owls", WHOLE, 'O"Neil, Ada\\') == '(ti:"Owls" AND au:"Neil")'
    assert clause("Silent_Owls") == '(ti:"Silent_Owls")'
    long = ask(Mention(title="The Owls of Athens Sleep", authors=("Ada Strix",)), WHOLE)
    assert long
    assert not long.is_short
    assert "au:" not in long.clause


@pytest.mark.parametrize(
    "name",
    [
        "Ada Strix",
        "Strix, Ada",
        "Strix et al.",
        "A. Strix¹",
        "Ada Strix<sup>1,2</sup>",
        "Strix and others",
        "A. Strix*",
    ],
)
def test_what_digests_print_round_a_name_is_not_asked_for(name: str) -> None:
    assert clause("Silent Owls", WHOLE, name) == '(ti:"Silent Owls" AND au:"Strix")'


def test_a_short_title_is_asked_for_without_the_author_next() -> None:
    question = ask(Mention(title="Silent Owls", authors=("Ada Strix",)), PARTS)
    assert question
    assert question.is_short
    assert question.clause == 'ti:"Silent Owls"'
    assert ask(Mention(title="Silent Owls"), PARTS) is None


@pytest.mark.parametrize("name", ["Strix A.", "_", "¹", "et al.", "", "1"])
def test_an_author_without_a_family_name_is_not_asked_for(name: str) -> None:
    assert clause("Silent Owls", WHOLE, name) == 'ti:"Silent Owls"'


def test_parts_are_the_name_before_the_colon_and_both_ends() -> None:
    assert clause("Silent Owls: How Strix Hears Field Mice at Night in Deep Snow", PARTS) == (
        'ti:"Silent Owls" OR ti:"Silent Owls How Strix Hears" OR ti:"at Night in Deep Snow"'
    )
    assert clause("Owls Hear Mice", PARTS) == ""
    assert clause("One of the Mice’t Owls Hear Snow", PARTS) == 'ti:"Owls Hear Snow"'


def test_groups_are_of_rare_words_and_each_in_parentheses() -> None:
    text = clause("Learning the Zygodactyl Tytonidae, Strigiform Crepuscule with Gallinule Models", GROUPS)
    assert (
        text == "(ti:crepuscule AND ti:strigiform AND ti:zygodactyl) OR (ti:gallinule AND ti:tytonidae AND ti:learning)"
    )
    assert clause("Learning with Large Models", GROUPS) == ""
    assert clause("Tytönidae Zygödactyl Strigifòrm", GROUPS) == ""


def test_a_nickname_is_asked_for_beside_any_other_word() -> None:
    text = clause("STRIGO: Learning with Models", GROUPS)
    assert text == "(ti:strigo AND (ti:learning OR ti:models))"
    assert parse(adapt(f'{text} OR ti:"Owls"')) == parse(adapt(f'({text}) OR ti:"Owls"'))
    assert "ti:learning AND" not in clause("Learning: With Zygodactyl Owls", GROUPS)


def test_a_question_tells_what_it_costs() -> None:
    question = ask(Mention(title="Silent Owls: How Strix Hears Field Mice at Night"), PARTS)
    assert question
    assert question.terms == 3
    assert question.ways[0] == ("Silent", "Owls")
