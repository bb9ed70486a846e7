"""A name that only looks like another is shown under the letters by which it is looked up, and with a warning."""

import pytest

from agent import lookalikes


@pytest.mark.parametrize("domain", ["xn--pple-43d.com", "shop.xn--80ak6aa92e.com", "XN--E1AFMKFD.example"])
def test_letters_of_another_alphabet_are_never_shown_without_a_warning(domain: str) -> None:
    assert lookalikes.warned(domain).startswith(f"{domain} (look twice")


@pytest.mark.parametrize("domain", ["library.example", "127.0.0.1:8080", "xn.example", ""])
def test_an_ordinary_name_is_shown_as_it_is(domain: str) -> None:
    assert lookalikes.warned(domain) == domain
