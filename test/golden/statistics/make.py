# Golden values of the statistics library, from scipy and numpy.
#   python3 test/golden/statistics/make.py > test/golden/statistics/golden.json
import json, sys
import numpy as np, scipy
from scipy import stats
from scipy.spatial.distance import jensenshannon

COMMAND = 'python3 test/golden/statistics/make.py > test/golden/statistics/golden.json'
H = [12, 15, 11, 14, 13, 40, 12, 16, 14, 13]
V = [18, 21, 17, 25, 19, 22, 20, 60, 18, 23]
rng = np.random.default_rng(20250117)
samples = {
    'seeds': (H, V),
    'lognormal': (rng.lognormal(10, 0.4, 37).tolist(), rng.lognormal(10.1, 0.6, 52).tolist()),
    'normal': (rng.normal(42000, 900, 120).tolist(), rng.normal(42100, 900, 97).tolist()),
    'ties': (rng.integers(0, 6, 60).tolist(), rng.integers(1, 8, 45).tolist()),
    'large numbers': ((1e15 + rng.integers(0, 5000, 40)).tolist(), (1e15 + 700 + rng.integers(0, 9000, 33)).tolist()),
    'few': ([1.0, 2.0, 4.5], [4.0, 8.5]),
    'far apart': (rng.normal(0, 1, 25).tolist(), rng.normal(12, 1, 25).tolist()),
}

def figures(x):
    x = np.asarray(x, dtype=float)
    return {
        'mean': x.mean(), 'sd': x.std(ddof=1), 'median': np.median(x), 'mad': stats.median_abs_deviation(x),
        'iqr': stats.iqr(x), 'skewness': stats.skew(x), 'percentiles': np.percentile(x, [1, 5, 10, 25, 50, 75, 90, 95, 99]).tolist(),
    }

def compare(name, a, b):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    mw = stats.mannwhitneyu(a, b, alternative='two-sided', method='asymptotic', use_continuity=True)
    bf = stats.levene(a, b, center='median')
    ks = stats.ks_2samp(a, b, method='exact')
    margin = float(abs(b.mean() - a.mean()) + a.std(ddof=1))
    tost = max(
        stats.ttest_ind(b + margin, a, equal_var=False, alternative='greater').pvalue,
        stats.ttest_ind(b - margin, a, equal_var=False, alternative='less').pvalue,
    )
    return {
        'name': name, 'a': a.tolist(), 'b': b.tolist(), 'figuresA': figures(a), 'figuresB': figures(b),
        'mannWhitney': {'u': mw.statistic, 'p': mw.pvalue},
        'delta': float((np.sign(a[:, None] - b[None, :])).mean()),
        'hodgesLehmann': float(np.median(b[None, :] - a[:, None])),
        'brownForsythe': {'w': bf.statistic, 'p': bf.pvalue},
        'kolmogorovSmirnov': {'d': ks.statistic, 'p': ks.pvalue},
        'tost': {'margin': margin, 'p': tost},
    }

def counts(a, b):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    chi = stats.chi2_contingency([a, b], correction=False)
    out = {
        'a': a.tolist(), 'b': b.tolist(),
        'totalVariation': float(np.abs(a / a.sum() - b / b.sum()).sum() / 2),
        'jsDistance': float(jensenshannon(a, b, base=2)), 'jsDivergence': float(jensenshannon(a, b, base=2) ** 2),
        'chiSquare': chi.statistic, 'df': int(chi.dof), 'p': chi.pvalue,
        'cramersV': float(np.sqrt(chi.statistic / (a.sum() + b.sum()))),
    }
    if len(a) == 2:
        out['fisher'] = stats.fisher_exact([a, b]).pvalue
    return out

def holm(p):
    order = np.argsort(p, kind='stable')
    out = np.empty(len(p))
    most = 0
    for rank, i in enumerate(order):
        most = max(most, min(1.0, p[i] * (len(p) - rank)))
        out[i] = most
    return out.tolist()

P = [.001, .008, .039, .041, .042, .06, .074, .205, .212, .216]
P2 = rng.uniform(0, 0.3, 23).tolist()
tails = {
    'normal': [[z, stats.norm.sf(z)] for z in [-8, -2.5, -0.3, 0, 0.1, 1, 1.96, 3, 6, 12, 30]],
    'chiSquare': [[x, d, stats.chi2.sf(x, d)] for d in [1, 2, 5, 30, 200] for x in [0.01, 0.5, 3, 20, 150, 400]],
    'student': [[t, d, stats.t.sf(t, d)] for d in [1, 2.7, 10, 80.5, 1000] for t in [-3, 0, 0.5, 2, 7, 25]],
    'f': [[f, a, b, stats.f.sf(f, a, b)] for a in [1, 3, 10] for b in [2, 18, 600] for f in [0.02, 0.5, 1, 4, 30]],
    'binomial': [[k, n, p, stats.binom.cdf(k, n, p)] for n in [1, 10, 31, 300] for p in [0.5, 0.1] for k in [0, n // 3, n // 2, n - 1]],
    'kolmogorov': [[x, stats.kstwobign.sf(x)] for x in [0.2, 0.5, 0.8, 1, 1.2, 1.36, 2, 3]],
}
segments = rng.gamma([2.0, 5.0, 1.0], [400, 90, 1500], (80, 3))
total = segments.sum(axis=1)
# P(M* <= x(k)) of the bootstrap median, n odd, and the ranks at 2.5 % and 97.5 %.
def bootstrap_ranks(n):
    cdf = np.array([stats.binom.sf((n + 1) // 2 - 1, n, k / n) for k in range(1, n + 1)])
    return [int(np.argmax(cdf >= 0.025)) + 1, int(np.argmax(cdf >= 0.975)) + 1]

json.dump({
    'command': COMMAND,
    'made': f'scipy {scipy.__version__}, numpy {np.__version__}, python {sys.version.split()[0]}',
    'samples': [compare(name, a, b) for name, (a, b) in samples.items()],
    'counts': [counts([42, 18], [30, 30]), counts([5, 1], [2, 9]), counts([10, 20, 30, 5], [12, 9, 40, 11]), counts([3, 0], [4, 5])],
    'adjusted': [{'p': p, 'benjaminiHochberg': stats.false_discovery_control(p).tolist(), 'holm': holm(p)} for p in (P, P2)],
    'tails': tails,
    'shares': {
        'parts': segments.T.tolist(),
        'shares': [float(np.cov(segments[:, k], total)[0, 1] / total.var(ddof=1)) for k in range(3)],
    },
    'bootstrapRanks': [{'n': n, 'ranks': bootstrap_ranks(n)} for n in (31, 101, 301)],
    'medianRanks': [{'n': n, 'ranks': [int(stats.binom.ppf(0.025, n, 0.5)), n + 1 - int(stats.binom.ppf(0.025, n, 0.5))]} for n in (30, 60, 300)],
}, sys.stdout, indent=1)
print()
