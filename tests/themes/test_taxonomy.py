from __future__ import annotations

import re
from pathlib import Path

import pytest

from refkit.categories import _CURRENT, _OLD
from refkit.errors import ConfigError
from refkit.model import ArxivRecord, Work
from refkit.themes.rules import RuleTagger, Taxonomy, Term, Theme, load_taxonomy

PROMISED = (
    "agents code-generation continual-learning efficiency evaluation finance human-values instruction-following "
    "instruction-tuning multimodal preference-alignment prompting reasoning reinforcement-learning reward-modeling "
    "robotics safety science society training-data transportation value-functions"
).split()
FIELDS = (
    "algebra algebraic-geometry analysis artificial-intelligence astrophysics atomic-chemical-physics combinatorics "
    "computer-science computer-systems computer-vision condensed-matter control cosmology databases "
    "differential-equations dynamical-systems earth-science economics fluid-dynamics game-theory geometry-topology "
    "graphics gravitation high-energy-physics human-computer-interaction information-retrieval information-theory "
    "instrumentation language-models logic machine-learning mathematical-physics mathematics medicine "
    "natural-language networks neuroscience nuclear-physics number-theory numerical-analysis optics optimization "
    "physics plasma-physics probability programming-languages quantitative-biology quantum-information "
    "quantum-physics security signal-processing social-networks software-engineering speech-audio "
    "statistical-physics statistics theory-of-computing"
).split()


def load(tmp_path: Path, text: str) -> Taxonomy:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return load_taxonomy(path)


def tags(taxonomy: Taxonomy, title: str) -> list[str]:
    return [tag.theme for tag in RuleTagger(taxonomy).tag(Work(record=ArxivRecord(arxiv_id="2401.00001", title=title)))]


def test_the_shipped_themes_are_the_promised_ones() -> None:
    themes = load_taxonomy().themes
    assert [theme.id for theme in themes if "themes.toml" in theme.files] == PROMISED
    assert [theme.id for theme in themes if "themes.toml" not in theme.files] == FIELDS


def test_every_category_of_arxiv_is_the_field_of_a_theme() -> None:
    themes = load_taxonomy().themes
    fields = {code for theme in themes for code in theme.field}
    codes = [line.split()[0] for line in (_CURRENT + _OLD).split("\n") if line]
    assert len(codes) > 180
    assert [code for code in codes if not {code, code.partition(".")[0]} & fields] == []
    rules = RuleTagger().rules
    for code in codes:
        record = ArxivRecord(arxiv_id="2401.00001", title="A Note", categories=(code,))
        assert rules.field_of(Work(record=record)), code


def test_every_shipped_theme_has_a_label() -> None:
    assert all(theme.label[0].isupper() for theme in load_taxonomy().themes)


def test_value_and_values_alone_are_terms_of_no_theme() -> None:
    assert not {"value", "values", "instruction", "instructions"} & {
        term.words for theme in load_taxonomy().themes for term in theme.terms
    }


def test_a_new_theme_is_added(tmp_path: Path) -> None:
    taxonomy = load(tmp_path, '[themes.frogs]\nlabel = "Frogs"\nterms = [{ weight = 2, any = ["frog"] }]\n')
    assert tags(taxonomy, "Frogs and Reinforcement Learning") == ["frogs", "reinforcement-learning"]


def test_a_known_theme_is_extended(tmp_path: Path) -> None:
    taxonomy = load(tmp_path, '[themes.robotics]\nterms = [{ weight = 2, any = ["exoskeleton"] }]\n')
    assert tags(taxonomy, "Exoskeletons") == ["robotics"]
    assert tags(taxonomy, "Mobile Robots") == ["robotics"]


def test_a_user_s_weight_and_threshold_win(tmp_path: Path) -> None:
    assert tags(load(tmp_path, '[themes.robotics]\nterms = [{ weight = 1, any = ["robot*"] }]\n'), "Robots") == []
    assert tags(load(tmp_path, "[themes.robotics]\nthreshold = 7\n"), "Robots") == []


def test_a_user_may_exclude_a_phrase(tmp_path: Path) -> None:
    assert tags(load(tmp_path, '[themes.robotics]\nnot = ["robot ethics"]\n'), "Robot Ethics") == []


def test_a_theme_is_replaced(tmp_path: Path) -> None:
    text = '[themes.robotics]\nreplace = true\nterms = [{ weight = 6, any = ["android"] }]\n'
    taxonomy = load(tmp_path, text)
    assert (tags(taxonomy, "Robots"), tags(taxonomy, "Androids")) == ([], ["robotics"])


def test_a_theme_is_disabled(tmp_path: Path) -> None:
    assert tags(load(tmp_path, "[themes.robotics]\ndisable = true\n"), "Mobile Robots") == []


def test_files_are_laid_over_each_other_in_order(tmp_path: Path) -> None:
    first, second = tmp_path / "1.toml", tmp_path / "2.toml"
    first.write_text("[themes.robotics]\ndisable = true\n")
    second.write_text('[themes.robotics]\nterms = [{ weight = 6, any = ["android"] }]\n')
    assert tags(load_taxonomy(first, second), "Robots and Androids") == ["robotics"]
    assert tags(load_taxonomy(second, first), "Robots and Androids") == []


def test_a_list_may_be_used_and_extended(tmp_path: Path) -> None:
    text = '[lists]\nwater = ["pond"]\n[themes.frogs]\nneeds = ["@water"]\nterms = [{ weight = 6, any = ["frog"] }]\n'
    taxonomy = load(tmp_path, text)
    assert (tags(taxonomy, "Frog Legs"), tags(taxonomy, "Frogs of the Pond")) == ([], ["frogs"])


def test_a_taxonomy_built_by_hand_needs_no_file() -> None:
    taxonomy = Taxonomy((Theme("frogs", (Term("frog", 6),)),))
    assert tags(taxonomy, "Frogs") == ["frogs"]
    with pytest.raises(ConfigError, match=r"The taxonomy cannot be used: 'a \.\.\.' must begin"):
        tags(Taxonomy((Theme("frogs", (Term("a ...", 6),)),)), "Frogs")


def tags_of(taxonomy: Taxonomy, title: str, *categories: str) -> list[str]:
    record = ArxivRecord(arxiv_id="2401.00001", title=title, categories=categories)
    return [tag.theme for tag in RuleTagger(taxonomy).tag(Work(record=record))]


def test_a_user_s_theme_may_name_categories_and_a_field(tmp_path: Path) -> None:
    text = (
        '[themes.frogs]\ncategories = [{ weight = 6, any = ["q-bio.PE"] }]\nterms = [{ weight = 2, any = ["frog"] }]\n'
        '[themes.ponds]\nfield = ["math.GM"]\n'
    )
    taxonomy = load(tmp_path, text)
    assert "frogs" in tags_of(taxonomy, "A Note", "q-bio.PE")
    assert "frogs" in tags_of(taxonomy, "Frogs", "q-bio.QM", "q-bio.PE")
    assert "frogs" not in tags_of(taxonomy, "Frogs", "q-bio.QM")
    assert tags_of(taxonomy, "A Note", "math.GM") == ["ponds"]


def test_alone_sets_what_a_theme_needs_without_its_categories(tmp_path: Path) -> None:
    text = (
        '[themes.frogs]\ncategories = [{ weight = 6, any = ["q-bio.PE"] }]\nterms = [{ weight = 2, any = ["frog"] }]\n'
    )
    assert "frogs" in tags_of(load(tmp_path, text + "alone = 6\n"), "Frogs", "q-bio.QM")
    assert "frogs" not in tags_of(load(tmp_path, text + "alone = 7\n"), "Frogs", "q-bio.QM")


def test_an_archive_stands_for_its_categories_unless_they_are_named(tmp_path: Path) -> None:
    text = (
        "[themes.frogs]\n"
        'categories = [{ weight = 6, any = ["q-bio"] }, { weight = 1, any = ["q-bio.NC"] }]\n'
        '[themes.toads]\nfield = ["q-bio.NC"]\ncategories = [{ weight = 6, any = ["math"] }]\n'
    )
    taxonomy = load(tmp_path, text)
    assert "frogs" in tags_of(taxonomy, "A Note", "q-bio.GN")
    assert "frogs" not in tags_of(taxonomy, "A Note", "q-bio.NC")
    assert "toads" in tags_of(taxonomy, "A Note", "math.NT")
    assert "toads" not in tags_of(taxonomy, "A Note", "math-ph")


def test_the_files_that_speak_of_a_theme_are_known(tmp_path: Path) -> None:
    text = '[themes.robotics]\nterms = [{ weight = 2, any = ["exoskeleton"] }]\n'
    files = {theme.id: theme.files for theme in load(tmp_path, text).themes}
    assert files["robotics"] == ("themes.toml", "fields.toml", str(tmp_path / "mine.toml"))
    assert (files["safety"], files["optics"]) == (("themes.toml",), ("fields.toml",))


FROGS = '[themes.frogs]\nterms = [{ weight = 6, any = ["frog"] }]\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[themes.frogs]\nlabel = \n", "{}:2: this is not TOML: Invalid value."),
        ("[themes.frogs]\n[themes.frogs]\n", "{}:2: this is not TOML: Cannot declare"),
        ('[themes.frogs]\nlabel = "', "{}:2: this is not TOML: "),
        ("themes = 3\n", "{}:1: themes: it must be a table, not a whole number."),
        ("[theme.frogs]\n", "{}:1: theme: there is no such table; a file of themes has [themes.*] and [lists]."),
        ("[themes.Frogs]\n", "{}:1: themes.Frogs: a theme's id is lower-case words joined by hyphens"),
        ("[themes]\nfrogs = 3\n", "{}:2: themes.frogs: it must be a table, not a whole number."),
        (FROGS + "colour = 3\n", "{}:3: themes.frogs.colour: there is no such setting."),
        (FROGS + "threshold = 0\n", "{}:3: themes.frogs.threshold: it must be a whole number of at least 1."),
        (FROGS + 'not = ["a ..."]\n', "{}:3: themes.frogs.not[0]: 'a ...' must begin and end with a word."),
        (FROGS + 'needs = ["(x)"]\n', "{}:3: themes.frogs.needs[0]: '(x)' is not a term"),
        (FROGS + 'needs = ["@x"]\n', "{}:3: themes.frogs.needs[0]: there is no list 'x'; known: computing, machine-"),
        ("[lists]\nx = 3\n", "{}:2: lists.x: it must be a list, not a whole number."),
        ('[lists]\nx = ["a", "*"]\n', "{}:2: lists.x[1]: '*' is not a term"),
        (FROGS + 'field = ["cs.XX"]\n', "{}:3: themes.frogs.field[0]: 'cs.XX' is no category of arXiv; write it as"),
        (
            FROGS + "categories = [{ weight = 6, any = ['q-bio', 'qbio'] }]\n",
            "{}:3: themes.frogs.categories[0].any[1]: 'qbio' is no category of arXiv",
        ),
        (
            FROGS + "categories = [{ weight = 6, any = ['q-bio'] }, { weight = 5, any = ['q-bio'] }]\n",
            "{}:3: themes.frogs.categories[1]: 'q-bio' stands twice in this theme; keep one.",
        ),
        (FROGS + "alone = 0\n", "{}:3: themes.frogs.alone: it must be a whole number of at least 1."),
        (FROGS + "at_large = 3\n", "{}:3: themes.frogs.at_large: it must be true or false, not a whole number."),
        (FROGS + 'needs = ["cs.XX"]\n', "{}:3: themes.frogs.needs[0]: 'cs.XX' is not a term"),
        ('[lists]\nx = ["@y"]\n', "{}:2: lists.x[0]: '@y' is not a term"),
        ("[themes.frogs]\n", "{}:1: themes.frogs: the theme has no terms, so it can never be given"),
        (
            "[themes.frogs]\ndisable = true\n",
            "{}:1: themes.frogs: there is no such theme to disable; the themes are: ag",
        ),
        ("[themes.safety]\ndisable = true\nlabel = 'x'\n", "{}:1: themes.safety: 'disable = true' stands alone"),
        (
            "[themes.safety]\nterms = [{ weight = 1, any = ['a'] }, { weight = 'x', any = ['b'] }]\n",
            "{}:2: themes.safety.terms[1].weight: it must be a whole number, not a text.",
        ),
        (
            "[themes.safety]\nterms = [{ weight = 13, any = ['a'] }]\n",
            "{}:2: themes.safety.terms[0].weight: it must be a whole number of at most 12.",
        ),
        (
            "[themes.safety]\nterms = [{ weight = 1, any = [] }]\n",
            "{}:2: themes.safety.terms[0].any: it must be a list of length at least 1.",
        ),
        (
            "[themes.safety]\nterms = [{ any = ['a'] }]\n",
            "{}:2: themes.safety.terms[0]: `weight` is missing.",
        ),
        (
            "[themes.safety]\nterms = [{ weight = 1, any = ['a', 'b.'] }]\n",
            "{}:2: themes.safety.terms[0].any[1]: 'b.' is not a term",
        ),
        (
            "[themes.safety]\nterms = [{ weight = 1, any = ['a'] }, { weight = 2, any = ['a'] }]\n",
            "{}:2: themes.safety.terms[1]: 'a' stands twice in this theme; keep one.",
        ),
        (
            FROGS + "\n[[themes.newts.terms]]\nweight = 1\nany = ['a']\n\n[[themes.newts.terms]]\nweight = 13\n"
            "any = ['b']\n",
            "{}:9: themes.newts.terms[1].weight: it must be a whole number of at most 12.",
        ),
    ],
)
def test_every_fault_is_a_sentence_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message.format(tmp_path / "mine.toml"))) as caught:
        load(tmp_path, text)
    assert str(caught.value).endswith(".")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: there is no such file of themes; correct its name"):
        load_taxonomy(tmp_path / "none.toml")


def test_a_file_of_bytes_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"# one\n# two \xff\n")
    with pytest.raises(ConfigError, match=r"mine\.toml:2: the file is not written in UTF-8"):
        load_taxonomy(path)


def test_the_example_of_the_documentation_works(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "themes.md").read_text("utf-8")
    taxonomy = load(tmp_path, text.partition("```toml\n")[2].partition("```")[0])
    assert tags(taxonomy, "Newts in Ponds") == ["pond-life"]
    assert tags(taxonomy, "Pond Fishing with Newts") == []
    assert tags(taxonomy, "Option Pricing") == []
    assert tags(taxonomy, "Exoskeletons") == ["robotics"]
