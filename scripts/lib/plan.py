"""Which benchmark runs in which round, so that a run fits its time.

Round one runs everything and learns what each costs. Then each group (a workload with its arguments, all runtimes together,
so that their ratios pair up) gets a number of rounds: the same time for each benchmark, but never below the fewest. Its rounds are
spread evenly over the run, and each round's order is shuffled anew from the run's seed.
"""

import random

import names as naming


def group_of(name):
    parsed = naming.parse(name)
    return parsed.workload, parsed.args


def group_costs(costs):
    """{name: seconds} -> {group: (seconds of one round, members)}."""
    groups = {}
    for name, seconds in costs.items():
        total, members = groups.get(group_of(name), (0.0, 0))
        groups[group_of(name)] = total + seconds, members + 1
    return groups


def allot(groups, seconds, fewest, most):
    """{group: further rounds}: the same time for every benchmark on average, so that a workload with many rivals isn't
    measured less; the sum stays within the seconds, where `fewest` allows it."""
    def rounds(share):
        return {g: max(fewest, min(most, int(share * members / cost))) for g, (cost, members) in groups.items()}

    def total(share):
        return sum(r * groups[g][0] for g, r in rounds(share).items())

    if not groups:
        return {}
    low, high = 0.0, most * max(cost for cost, _ in groups.values())
    if total(high) <= seconds:
        return rounds(high)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if total(middle) <= seconds else (low, middle)
    return rounds(low)


def schedule(all_names, allotted, seed):
    """The rounds after the first: a list of lists of names."""
    length = max(allotted.values(), default=0)
    rounds = []
    for index in range(length):
        # A group with r of n rounds is due whenever index*r/n passes a whole number.
        due = {g for g, r in allotted.items() if (index + 1) * r // length > index * r // length}
        rounds.append(shuffled([n for n in all_names if group_of(n) in due], seed, index + 1))
    return rounds


def shuffled(some, seed, round_):
    out = sorted(some)
    random.Random("%s/%s" % (seed, round_)).shuffle(out)
    return out
