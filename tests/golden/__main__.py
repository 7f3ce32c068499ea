"""Rewrites the golden statements: run `python -m tests.golden`, then review the diff."""

from tests.golden.pairs import SHAPE, laid_out, pairs, planners


def main() -> None:
    made = planners()
    for pair in pairs():
        pair.golden.write_text(laid_out(pair.plan(made[pair.audience], SHAPE).sql))


if __name__ == "__main__":
    main()
