"""Domains in letters of other alphabets: shown as what they are, with a warning, for one a is not another (DID-23)."""

MARK = "xn--"
WARNING = "its name is written with letters that are not those of the ordinary alphabet, and may look like another's"


def foreign(domain: str) -> bool:
    """Whether a domain, in the form it is looked up under, stands for letters beyond a to z."""
    return any(label.startswith(MARK) for label in domain.lower().split("."))


def warned(domain: str) -> str:
    """A domain as a person gets to see it: never in the letters that it imitates."""
    return f"{domain} (look twice: {WARNING})" if foreign(domain) else domain
