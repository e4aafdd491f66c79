"""Average linkage of stacks by scipy, with the distance written down anew. Run: python3 make.py > linkage.json."""
import json
import random
import sys

import numpy
import scipy
from scipy.cluster.hierarchy import fcluster, linkage


def distance(a, b):
    jaccard = 1 - len(set(a) & set(b)) / len(set(a) | set(b))
    common = 0
    for x, y in zip(a, b):
        if x != y:
            break
        common += 1
    return 0.5 * jaccard + 0.5 * (1 - common / max(len(a), len(b)))


random.seed(20261121)
FAMILIES = [
    ['try_to_wake_up', 'hrtimer_wakeup', '__hrtimer_run_queues', 'hrtimer_interrupt', 'sysvec_apic_timer_interrupt'],
    ['try_to_wake_up', 'autoremove_wake_function', '__wake_up_common', '__wake_up_sync_key', 'pipe_write', 'vfs_write'],
    ['try_to_wake_up', 'wake_up_q', 'futex_wake', 'do_futex', '__x64_sys_futex', 'do_syscall_64'],
    ['try_to_wake_up', 'swake_up_one', 'rcu_core', 'handle_softirqs', '__irq_exit_rcu'],
]
OTHERS = ['f%d' % i for i in range(12)]


def stack():
    base = list(random.choice(FAMILIES))
    for _ in range(random.choice([0, 0, 1, 2, 4])):
        base.insert(random.randint(1, len(base)), random.choice(OTHERS))
    return base[: random.randint(3, len(base))]


cases = []
for size in (2, 3, 7, 20, 60):
    unique = []
    while len(unique) < size:
        s = stack()
        if s not in unique:
            unique.append(s)
    weights = [random.choice([1, 1, 2, 3, 7]) for _ in unique]
    # scipy knows no weights: every stack stands as often as it weighs.
    points = [i for i, w in enumerate(weights) for _ in range(w)]
    condensed = [
        distance(unique[points[i]], unique[points[j]]) for i in range(len(points)) for j in range(i + 1, len(points))
    ]
    tree = linkage(numpy.array(condensed), method='average')
    heights = sorted(float(h) for h in tree[:, 2])[len(points) - len(unique):]
    cuts = {}
    for cut in (0.1, 0.3, 0.5, 0.8):
        flat = fcluster(tree, cut, criterion='distance')
        first = {p: int(flat[points.index(p)]) for p in range(len(unique))}
        names = {}
        cuts[str(cut)] = [names.setdefault(first[p], len(names)) for p in range(len(unique))]
    cases.append({'stacks': unique, 'weights': weights, 'heights': heights, 'cuts': cuts})
json.dump({'scipy': scipy.__version__, 'cases': cases}, sys.stdout, indent=1)
