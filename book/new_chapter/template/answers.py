"""Right and wrong answers to the checked exercises of chapter 99."""

from itertools import product


def kept(units, rate):
    """One unit after the other."""
    return sum(1 - rate for _ in range(units))


def chance(kept, units, rate):
    """All masks, one by one."""
    masks = [mask for mask in product((0, 1), repeat=units) if sum(mask) == kept]
    return len(masks) * (1 - rate) ** kept * rate ** (units - kept)


RIGHT = {"chapter_title_kept": kept, "chapter_title_chance": chance}
WRONG = {
    "chapter_title_kept": (lambda units, rate: round(units * (1 - rate)),),
    "chapter_title_chance": (lambda kept, units, rate: chance(kept, units, 1 - rate),),
}
