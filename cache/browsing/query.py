"""A query for runs, as a person types it: ``lstm units>=32 (state=finished or not tag=old)``.

All words and conditions must match. A word must occur in the run's name, note, tags, device, architecture, dataset or
settings. A condition compares a field: a column, or a value of the spec by its last name. Several values separated by
commas are alternatives.
"""

import re
from collections.abc import Sequence

from cache.browsing.query_fields import BadQuery, check_field, expression, fields, value_of
from cache.browsing.query_terms import All, Condition, Either, Not, Query, Term, Word, condition
from cache.browsing.query_values import read, split, titles
from cache.core.folding import fold

__all__ = ["BadQuery", "Condition", "Query", "condition", "expression", "fields", "parse", "value_of"]

CONDITION = re.compile(r"([^\W\d][\w.-]*)\s*(==|!=|>=|<=|=|>|<|≠|≥|≤)\s*")
OPERATORS = {"==": "=", "≠": "!=", "≥": ">=", "≤": "<="}
QUOTATION_MARKS = str.maketrans("“”„‟«»", '""""""')
AFTER_QUOTE = "),'\""
"""A quotation mark closes before a blank or one of these. Any other apostrophe is part of a word."""
MAX_TERMS, MAX_DEPTH = 100, 20
Piece = tuple[str, bool]
"""(text, whether it was between quotation marks)"""


def parse(text: str) -> Query:
    """Parse a query. Raises BadQuery."""
    reader = _Reader(text.translate(QUOTATION_MARKS))
    return Query(typed=reader.either() if text.strip(" \t\r\n,") else None)


class _Reader:
    """Reads a query from left to right."""

    def __init__(self, text: str) -> None:
        self.text, self.place, self.depth, self.num_terms = text, 0, 0, 0

    def either(self) -> Term:
        parts = [self.all()]
        while self.skip_keyword("or"):
            parts.append(self.all())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def all(self) -> Term:
        parts: list[Term] = []
        while not self.is_at_end():
            if self.is_keyword("or"):
                break
            if not (parts and self.skip_keyword("and")) and (term := self.term()):
                parts.append(term)
        if not parts:
            raise BadQuery(
                "“or”, “not” and parentheses need a word or condition; to search for “or” itself, put it between "
                "quotation marks."
            )
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def term(self) -> Term | None:
        """None for a comma that stands alone."""
        self.num_terms += 1
        if self.num_terms > MAX_TERMS or self.depth > MAX_DEPTH:
            raise BadQuery(f"A query has at most {MAX_TERMS} words and conditions, {MAX_DEPTH} deep in parentheses.")
        if self.skip_keyword("not"):
            return self.negated()
        if self.here() == "(":
            return self.group()
        if match := CONDITION.match(self.text, self.place):
            self.place = match.end()
            return self.condition(match[1], match[2], self.values(match[1].lower()))
        return self.word()

    def negated(self) -> Term:
        self.depth += 1
        term = None
        while term is None:
            if self.is_at_end() or self.is_keyword("or"):
                raise BadQuery("“not” needs a word or condition after it.")
            term = self.term()
        self.depth -= 1
        return Not(term)

    def group(self) -> Term:
        self.depth, self.place = self.depth + 1, self.place + 1
        term = self.either()
        if self.here() != ")":
            raise BadQuery("A parenthesis is not closed.")
        self.depth, self.place = self.depth - 1, self.place + 1
        return term

    def word(self) -> Term | None:
        first, is_quoted = self.piece()
        text = first
        while self.here() and not self.is_at_stop():  # as a shell joins 'it'"'"'s'
            text += self.piece()[0]
        match = CONDITION.match(text) if is_quoted and text == first else None
        if match and match[1].lower() in fields():  # quoted as a whole, for the shell
            return self.condition(match[1], match[2], [(text[match.end() :], False)])
        text = text if is_quoted else text.strip(",")
        return Word(text) if text else None

    def values(self, field: str) -> list[Piece]:
        pieces = [self.value(field)]
        while match := re.compile(r"\s*,\s*(?=[^\s),])").match(self.text, self.place):
            self.place = match.end()
            pieces.append(self.value(field))
        return pieces

    def value(self, field: str) -> Piece:
        if field in ("architecture", "dataset") and (title := self.title(field)):
            return title, True
        text, is_quoted = self.piece(ends_at_comma=True)
        if (
            not is_quoted
            and text[-1:].isdigit()
            and (match := re.compile(r"\s+%(?![^\s)])").match(self.text, self.place))
        ):
            self.place, text = match.end(), f"{text}%"
        return text, is_quoted

    def title(self, field: str) -> str | None:
        """A title with blanks or commas, which needs no quotation marks if it is known."""
        for title in sorted(titles(field).values(), key=len, reverse=True):
            end = self.place + len(title)
            if fold(self.text[self.place : end]) == fold(title) and self.text[end : end + 1] in ("", " ", ")", ","):
                self.place = end
                return title
        return None

    def condition(self, field: str, operator: str, pieces: Sequence[Piece]) -> Condition:
        field, operator = field.lower(), OPERATORS.get(operator, operator)
        check_field(field)
        texts = []
        for text, is_quoted in pieces:
            texts += [text] if is_quoted else split(field, operator, text)
        if not all(texts):
            raise BadQuery(f"“{field}{operator}”: a value is missing.")
        condition(field, operator, texts)
        return condition(field, operator, [value for text in texts for value in read(field, operator, text)])

    def piece(self, ends_at_comma: bool = False) -> Piece:
        """A text between quotation marks, or else up to a blank or the end of a group."""
        mark, start = self.here(), self.place
        if mark in ("'", '"'):
            for end in (each.start() for each in re.compile(mark).finditer(self.text, start + 1)):
                if self.text[end + 1 : end + 2].isspace() or self.text[end + 1 : end + 2] in ("", *AFTER_QUOTE):
                    self.place = end + 1
                    return self.text[start + 1 : end], True
            if mark == '"':
                raise BadQuery("A quotation mark is not closed.")
        open_within = 0
        while (sign := self.here()) and not sign.isspace():
            open_within += sign == "("
            if sign == ")" and open_within == 0 and self.depth:
                break
            open_within -= sign == ")" and open_within > 0
            if ends_at_comma and sign == "," and not self.text[self.place + 1 : self.place + 2].isalnum():
                break
            self.place += 1
        return self.text[start : self.place], False

    def here(self) -> str:
        return self.text[self.place : self.place + 1]

    def is_at_stop(self) -> bool:
        return self.here().isspace() or (self.here() == ")" and self.depth > 0)

    def is_at_end(self) -> bool:
        """Whether the query or the group ends here, behind blanks."""
        while self.here().isspace():
            self.place += 1
        return not self.here() or (self.here() == ")" and self.depth > 0)

    def is_keyword(self, word: str) -> bool:
        following = self.text[self.place + len(word) :][:1]
        is_whole = not following or following.isspace() or following in "()"
        return is_whole and self.text[self.place : self.place + len(word)].lower() == word

    def skip_keyword(self, word: str) -> bool:
        if self.is_at_end() or not self.is_keyword(word):
            return False
        self.place += len(word)
        return True
