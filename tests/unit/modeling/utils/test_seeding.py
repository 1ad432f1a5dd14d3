from components.modeling.utils.seeding import rng_of


def test_same_purpose_gives_the_same_numbers() -> None:
    assert rng_of(3, "order", 1).random() == rng_of(3, "order", 1).random()


def test_purposes_and_seeds_give_different_numbers() -> None:
    numbers = {
        rng_of(seed, purpose, i).random()
        for seed in (0, 1)
        for purpose in ("order", "batch")
        for i in (0, 1, 10)
    }
    assert len(numbers) == 12
