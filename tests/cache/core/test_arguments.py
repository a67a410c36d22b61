import pytest

from cache.core.arguments import Parser


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--a", "it's"], '--a: invalid choice: "it\'s" (choose from “b”, “c”); see “unroll --help”.\n'),
        (["--a", "x y"], "--a: invalid choice: “x y” (choose from “b”, “c”); see “unroll --help”.\n"),
        (["--b's", "it's"], "Unrecognized arguments: --b's it's; see “unroll --help”.\n"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(capsys, words, expected):
    parser = Parser(prog="unroll")
    parser.add_argument("--a", choices=("b", "c"))
    with pytest.raises(SystemExit) as ended:
        parser.parse_args(words)
    assert (ended.value.code, capsys.readouterr().err) == (2, expected)
