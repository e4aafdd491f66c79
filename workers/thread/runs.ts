// What may be asked about runs: many passes through the same chain of probes, grouped, described and compared. Part of the
// contract. All lengths are ns, or ticks where a chain was taken from a recording whose clock has no known rate.

import type { SourceRef } from '../bytes.js'
import type { Fault } from '../fault.js'
import type { Position, SessionTime } from '../units.js'

/**
 * Labels of probes in the order in which a run passes them. In a recording a label may begin with where it is looked for: `host:`,
 * `guest:` or a machine's name; labels without are looked for where the one before is.
 */
export interface ChainDefinition {
  readonly name: string
  /** Two or more. */
  readonly steps: readonly string[]
}

/**
 * The definitions file. A label stands for what can be probed: functions (`ktime_get`) and tracepoints (`sched:sched_switch`),
 * the first that a recording holds is taken. `EVENT@FIELD` names the field that holds the task the chain follows.
 */
export interface RunsDefinitions {
  readonly version: 1
  readonly probes: Readonly<Record<string, readonly string[]>>
  readonly chains: readonly ChainDefinition[]
}

/** A file of probe records, of the sessions' metadata, or of nothing that concerns runs (it is then named in a fault). */
export interface RunsSource {
  readonly source: SourceRef
  /** What its sessions belong to: `host`, `vm`; null = as the metadata says. */
  readonly environment: string | null
}

export interface RunsProgress {
  readonly phase: 'reading' | 'analysing'
  readonly done: number
  readonly total: number
}
export type OnRunsProgress = (p: RunsProgress) => void

/** What was read, before any chain is asked for. */
export interface RunsInput {
  readonly version: number
  readonly files: number
  readonly rows: number
  /** Records with an id of their own; those without are told apart by the chain's first probe. */
  readonly runs: number
  readonly sessions: readonly {
    readonly session: string
    readonly environment: string
    readonly runs: number
    readonly metadata: Readonly<Record<string, string>>
  }[]
  /** Labels met, the most frequent first. */
  readonly probes: readonly { readonly label: string; readonly count: number }[]
  /** What runs can be stratified by: attributes with more than one value, and how many. */
  readonly strata: readonly { readonly key: string; readonly values: number }[]
  /** The likeliest chain: the probes of most runs in their order; null where there is none. */
  readonly suggested: ChainDefinition | null
  readonly faults: readonly Fault[]
}

export interface RunsQuery {
  /** `a -> b -> c`. */
  readonly chain: string
  /** Attributes to stratify by; each alone, and all together. */
  readonly stratify?: readonly string[]
  /** Default 500, as the seed documents have it. */
  readonly resamples?: number
  readonly seed?: number
  /** Of intervals, 0.5..0.999; default 0.95. */
  readonly confidence?: number
  /** Chance that anything is called different wrongly, over the whole report; default 0.05. */
  readonly level?: number
  /** Differences below this many ns are of no concern: what "equivalent" is held against. Absent: nothing is called equivalent. */
  readonly margin?: number
}

/** A warning about one figure; shown where that figure stands. */
export interface RunsWarning {
  readonly code:
    | 'few-runs'
    | 'outliers-not-told'
    | 'no-interval'
    | 'wide-interval'
    | 'ties'
    | 'few-resamples'
    | 'skewed-spread'
    | 'masking'
    | 'small-cluster'
    | 'small-counts'
    | 'below-clock'
    | 'listed-only'
    | 'two-clocks'
  readonly text: string
}

export interface RunsInterval {
  readonly low: number
  readonly high: number
}

export interface RunsEstimate {
  readonly value: number
  /** Percentile bootstrap; null: see the warnings. */
  readonly interval: RunsInterval | null
  readonly warnings: readonly RunsWarning[]
}

export interface RunsOutliers {
  /** Runs beyond these are rejected; null: the rule says nothing here. */
  readonly low: number | null
  readonly high: number | null
  readonly rejected: number
  /** Ids of the rejected, the furthest first, 20 at most. */
  readonly runs: readonly string[]
  /** Figures without the rejected. */
  readonly without: {
    readonly n: number
    readonly mean: number
    readonly sd: number
    readonly median: number
    readonly mad: number
  } | null
  readonly warnings: readonly RunsWarning[]
}

/** One measure of the runs of one group in one stratum. */
export interface RunsSample {
  readonly environment: string
  /** '' = all runs of the group; `governor=performance, max_cstate=1`. */
  readonly stratum: string
  /** `total`, or a segment `a -> b`. */
  readonly measure: string
  readonly n: number
  readonly median: RunsEstimate
  /** Interval of the median by order statistics, whatever the distribution; ranks count from 1. */
  readonly medianByRanks: (RunsInterval & { readonly lowRank: number; readonly highRank: number }) | null
  readonly mean: RunsEstimate
  readonly sd: RunsEstimate
  /** Median absolute deviation, not scaled. */
  readonly mad: RunsEstimate
  readonly iqr: number
  readonly min: number
  readonly max: number
  readonly skewness: number
  /** Share of values that equal another. */
  readonly ties: number
  readonly percentiles: readonly { readonly percent: number; readonly value: number }[]
  /** |x - median| > 3 s, and |x - median| / (1.4826 MAD) > 3.5. */
  readonly outliers: { readonly threeSigma: RunsOutliers; readonly robust: RunsOutliers }
  /** Bins of equal width from `from`. The same for all groups of a measure, so that they can be laid over each other. */
  readonly histogram: { readonly from: number; readonly width: number; readonly counts: readonly number[] }
  /**
   * Where the ends of the measure were recorded by two machines: how far every value may be off to either side (the accuracy of
   * their clocks' relation, the largest of several guests), and how many values are shorter than twice that, so that which end came
   * first is not certain. Null: one clock.
   */
  readonly clocks: { readonly accuracy: number; readonly notCertain: number } | null
  /** Warnings about the sample as a whole. */
  readonly warnings: readonly RunsWarning[]
}

export interface RunsSide {
  readonly environment: string
  readonly stratum: string
  readonly n: number
}

/** Two-sided p, and p adjusted over all tests of the report that decide something. */
export interface RunsTest {
  readonly statistic: number
  readonly p: number
  readonly holm: number
  readonly benjaminiHochberg: number
}

export interface RunsComparison {
  /** Host against VM; one stratum of a group against another; the same for C-states and governors, which are always controlled. */
  readonly kind: 'environments' | 'strata' | 'control'
  readonly a: RunsSide
  readonly b: RunsSide
  readonly measure: string
  /** median(b) - median(a). */
  readonly difference: RunsEstimate
  /** Median of all b - a. */
  readonly hodgesLehmann: number
  readonly mannWhitney: RunsTest
  /** P(a > b) - P(a < b): negative where b is longer. */
  readonly cliffsDelta: number
  readonly effect: 'negligible' | 'small' | 'medium' | 'large'
  readonly brownForsythe: RunsTest
  /** MAD of b over MAD of a; null where a has none. */
  readonly spreadRatio: number | null
  /** Not among the tests that decide. */
  readonly kolmogorovSmirnov: { readonly statistic: number; readonly p: number }
  /**
   * Null without a margin. `equivalent` needs both: the two one-sided tests (p adjusted after Holm over those of all comparisons),
   * and the interval of the medians within the margin.
   */
  readonly equivalence: {
    readonly margin: number
    readonly p: number
    readonly holm: number
    readonly interval: RunsInterval | null
    readonly equivalent: boolean
  } | null
  readonly location: 'differs' | 'equivalent' | 'not shown' | 'too few'
  readonly spread: 'differs' | 'not shown' | 'too few'
  /** What it comes to, in one sentence. */
  readonly sentence: string
  readonly warnings: readonly RunsWarning[]
}

/** Clusters of stacks, flag constellations: how often each was met in a and in b. */
export interface RunsCategories {
  readonly by: string
  readonly a: RunsSide
  readonly b: RunsSide
  readonly categories: readonly { readonly name: string; readonly a: number; readonly b: number }[]
  readonly totalVariation: number
  /** Square root of the divergence in bits. */
  readonly jensenShannon: number
  readonly chiSquare: RunsTest & { readonly df: number; readonly cramersV: number }
  /** Two categories only. */
  readonly fisher: number | null
  readonly permutation: number
  readonly differs: boolean
  readonly sentence: string
  readonly warnings: readonly RunsWarning[]
}

/** A group of runs that passed the same way, found in the records. */
export interface RunsCluster {
  /** `A`, `B`, ... by size; the same whatever the order of the input. */
  readonly name: string
  readonly runs: number
  readonly stacks: number
  /** The commonest stack's innermost functions. */
  readonly top: readonly string[]
  readonly flags: readonly { readonly constellation: string; readonly count: number }[]
  readonly byEnvironment: readonly { readonly environment: string; readonly count: number }[]
  readonly warnings: readonly RunsWarning[]
}

export interface RunsShares {
  readonly environment: string
  readonly n: number
  /** Cov(segment, total) / Var(total); sums to 1. Empty where the total does not vary. */
  readonly segments: readonly {
    readonly measure: string
    readonly share: number
    readonly interval: RunsInterval | null
  }[]
  readonly warnings: readonly RunsWarning[]
}

/** Edges of a pulse per second as the clock of one session saw them. */
export interface RunsPps {
  readonly session: string
  readonly environment: string
  readonly edges: number
  /** Whether the records number the edges; else they were counted by time. */
  readonly numbered: boolean
  readonly lost: readonly { readonly edge: number; readonly after: string }[]
  /** Clock's own seconds per true second minus one, in 1e-6. */
  readonly ppm: number
  /** Distance of the edges from the line, ns. */
  readonly residualSd: number
  readonly residualMax: number
  readonly residuals: { readonly edge: readonly number[]; readonly ns: readonly number[] }
  /** Runs of this session that lie within a gap, where nothing is said of the clock. */
  readonly runsInGaps: number
  readonly runsOutside: number
  readonly warnings: readonly RunsWarning[]
}

/** How the clock of b stands to that of a. */
export interface RunsOffset {
  readonly a: string
  readonly b: string
  readonly by: 'PPS' | 'paired runs'
  /** Edges, or pairs of runs, that both have. */
  readonly n: number
  /** b - a in ns, decimal: known to parts of it where `moduloSecond`. */
  readonly offset: string
  /** Edges are not numbered: whole seconds are not known. */
  readonly moduloSecond: boolean
  /** Median absolute deviation from it. */
  readonly mad: number
  /** Change over the time covered, with the interval of the slope's end points; null: too few to tell. */
  readonly drift: { readonly ppm: number; readonly interval: RunsInterval | null } | null
  readonly constant: boolean
  readonly sentence: string
}

/** One thing that was found, in one sentence. */
export interface RunsFinding {
  readonly kind: 'location' | 'spread' | 'categories' | 'clusters' | 'offset' | 'lost-edges' | 'equivalent'
  readonly sentence: string
}

export interface RunsGroup {
  readonly environment: string
  /** Complete runs of the chain. */
  readonly runs: number
  /** Runs that lack a probe of the chain. */
  readonly incomplete: number
  readonly strata: readonly { readonly stratum: string; readonly runs: number }[]
}

export interface RunsReport {
  readonly version: number
  readonly unit: 'ns' | 'ticks'
  readonly chain: ChainDefinition
  readonly measures: readonly string[]
  readonly stratify: readonly string[]
  readonly resamples: number
  readonly seed: number
  readonly generator: string
  readonly confidence: number
  readonly level: number
  readonly margin: number | null
  /** Tests that decide something; p is adjusted over so many. */
  readonly tests: number
  readonly groups: readonly RunsGroup[]
  readonly samples: readonly RunsSample[]
  readonly comparisons: readonly RunsComparison[]
  readonly categories: readonly RunsCategories[]
  readonly clusters: readonly RunsCluster[]
  readonly shares: readonly RunsShares[]
  readonly pps: readonly RunsPps[]
  readonly offsets: readonly RunsOffset[]
  readonly findings: readonly RunsFinding[]
  /** About the report as a whole. */
  readonly warnings: readonly RunsWarning[]
  readonly faults: readonly Fault[]
}

/** Values of one measure for drawing, one entry a run: `run` is what runsRun() takes. */
export interface RunsValues {
  readonly measure: string
  /** Indices into RunsReport.groups. */
  readonly group: Uint8Array
  /** Ascending within a group. */
  readonly value: Float64Array
  readonly run: Uint32Array
}

export interface RunDetails {
  readonly run: number
  readonly id: string
  readonly session: string
  readonly environment: string
  readonly attributes: Readonly<Record<string, string>>
  /** Where its first record stands; null for runs taken from the open recording. */
  readonly place: { readonly file: string; readonly line: number } | null
  readonly steps: readonly {
    readonly label: string
    /** Decimal, in the session's own clock. */
    readonly time: string
    /** Since the step before; 0 for the first. */
    readonly since: number
    /** How far that may be off to either side where the step before is another machine's; null: one clock. */
    readonly accuracy: number | null
    /** The event in the open recording; null where there is none. */
    readonly position: Position | null
  }[]
  /**
   * Its begin by the pulse per second: an edge and ns of true time since it. Null without a pulse, and within a gap or beyond the
   * edges, where nothing is said of the clock.
   */
  readonly aligned: { readonly edge: number; readonly ns: number } | null
  /** Where it lies in the open recording; null where that does not cover it. */
  readonly shown: { readonly from: SessionTime; readonly to: SessionTime; readonly track: string | null } | null
}

/** What the labels of a chain mean in the open recording. */
export interface ResolvedChain {
  readonly chain: ChainDefinition
  readonly steps: readonly {
    readonly label: string
    /** The candidate taken on each machine, null where it has none of them. */
    readonly taken: readonly { readonly machine: string; readonly candidate: string | null }[]
    readonly candidates: readonly string[]
  }[]
}

export type RunsFormat = 'text' | 'json' | 'csv' | 'md' | 'html'

/** Runs, apart from the recording that is open. */
export interface RunsApi {
  /** The definitions that come with Remora. */
  runsDefaults(): Promise<RunsDefinitions>
  /** Checks a definitions file; rejects with RequestError naming the mistake. */
  runsDefinitions(text: string): Promise<RunsDefinitions>
  /** Reads probe records; what was read before stays unless `replace`. */
  runsOpen(
    sources: readonly RunsSource[],
    replace: boolean,
    onProgress?: OnRunsProgress,
    signal?: AbortSignal,
  ): Promise<RunsInput>
  /** Takes the runs of a chain from the open recording, in place of those taken before. */
  runsTake(
    chain: string,
    definitions: RunsDefinitions,
    onProgress?: OnRunsProgress,
    signal?: AbortSignal,
  ): Promise<{ readonly input: RunsInput; readonly resolved: ResolvedChain }>
  runsClose(): Promise<void>
  runsReport(query: RunsQuery, onProgress?: OnRunsProgress, signal?: AbortSignal): Promise<RunsReport>
  runsValues(query: RunsQuery, measure: string, stratum: string): Promise<RunsValues>
  runsRun(query: RunsQuery, run: number): Promise<RunDetails>
  /** The report as a text to be kept. */
  runsExport(query: RunsQuery, format: RunsFormat): Promise<string>
}
