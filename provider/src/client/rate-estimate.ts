/** What is likely of a limit before it shows: the default tier that the vendor publishes for its other API. */
const likely = { perSecond: 10, burst: 15 };
const likelyBurstS = likely.burst / likely.perSecond;
/** How much of what the server's bucket holds is left there, so that a small mistake is not refused at once. */
const reserve = 0.2;
/** How much of a measured rate is used at first: a measurement is right to a request or so. */
const caution = 0.98;
/**
 * The least part of a rate that remains after a lower measurement. A measurement of few requests may mostly
 * reflect others that use the same limit: a process that always gave way to them completely would be left
 * with nothing.
 */
const leastKept = { measured: 0.25, guessed: 0.7 };
const lowestPerSecond = 0.1;
/** How many requests are on their way at once at first: others may have used the limit up. */
const firstWindow = 3;
/** How long the first of them are waited for until others follow, in milliseconds. */
const firstAnswerMs = 100;
/** How much faster than the rate requests may follow each other while there are tokens. */
const catchUp = 2;
/**
 * How long the rate is in full use until it has doubled, in milliseconds: after a mere guess, and after the first that
 * can be relied on. It grows with the fourth power of that time: hardly at first, so that few are refused, and then fast,
 * since others that used the limit may have ended.
 */
const doublingMs = { guessed: 9_000, measured: 20_000, longest: 60_000, factor: 3, power: 4 };
/** Below this rate, growth goes by requests, not by time: each refusal costs the same share of them. Per second. */
const slowPerSecond = 5;
/** A rate that is measured at less than this part of the one before has another cause: others use the limit, too. */
const sameRate = 0.8;
/** How many requests a stretch must have served for its measurement to be relied on. */
const reliable = 20;
/** The shortest pause after a refusal, in milliseconds. It doubles while nothing is served in between. */
const pauseMs = { first: 500, longest: 15_000 };
/** How long at most the others wait for the first answer after a pause, in milliseconds. */
const scoutMs = 5_000;

/** The time from one refusal to the next. */
interface Stretch {
  startedAtMs: number;
  endedAtMs: number;
  served: number;
  /** When the bucket was last full, and how much had been served by then. */
  full?: { atMs: number; served: number };
}

/** A request on its way, from {@link RateEstimate.begin} to its end. */
export interface Departure {
  readonly stretch: Stretch;
  /** Whether it goes beyond the limit that is likely. */
  readonly isBeyond: boolean;
  /** Counts the requests in the order in which they were sent. */
  readonly number: number;
}

/**
 * Learns a server's rate limit from what it serves and what it refuses (429). It only counts: who waits, and how, is
 * its caller's.
 *
 * Until the first refusal no limit is kept. Only what goes beyond a likely one goes with care: one request, then one
 * more for each that was served, which doubles them with each round trip, as TCP opens a connection.
 *
 * From then on the server is taken for a token bucket, and copied. At each refusal it is empty; so what it served
 * between two of them, by the time between them, is its rate. The copy lags behind by a reserve. The rate then grows
 * until the reserve is used up and a request is refused, more slowly each time.
 *
 * Where others use the limit too, a refusal comes sooner and less was served. The rate then gives way by a part and grows
 * faster again, as TCP shares a line: so several that know nothing of each other come to a share each.
 *
 * All times are in milliseconds, on a clock that never goes back.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc5681#section-3.1 RFC 5681, slow start and congestion avoidance}
 */
export class RateEstimate {
  #isLimited = false;
  #perSecond = likely.perSecond;
  #burst = likely.burst;
  #tokens = likely.burst;
  #filledAtMs = -Infinity;
  #begun = 0;
  #begunAtMs = -Infinity;

  /** How many requests may be on their way at once until the limit shows. */
  #opened = firstWindow;
  /** How many requests beyond the likely limit may be on their way at once. */
  #window = 1;
  #beyond = 0;
  /** What is on its way, and what was served beyond the limit while older requests still are, oldest first. */
  readonly #underWay = new Set<Departure>();
  #early: Departure[] = [];

  #pausedUntilMs = -Infinity;
  #fruitlessPauses = 0;
  /** After a pause that the server did not ask for one request goes first, and the others wait for its answer. */
  #scout: Departure | "wanted" | undefined;

  #doublingMs = doublingMs.guessed;
  #fullyUsedMs = 0;
  #stretch: Stretch = stretchFrom(-Infinity);
  /** The stretch that a refusal has ended, until it is learnt from: answers to it may still be on their way. */
  #ended: Stretch | undefined;
  /** The period that started with a full bucket and ended with an empty one: it shows the bucket's size. */
  #first: Stretch | undefined;

  /** Returns how long the next request has to wait. An answer may shorten it. */
  waitMs(nowMs: number): number {
    if (nowMs < this.#pausedUntilMs) return this.#pausedUntilMs - nowMs;
    this.#learn();
    this.#fill(nowMs);
    if (this.#scout === "wanted") return 0;
    const untilPatienceEndsMs = this.#begunAtMs + scoutMs - nowMs;
    if (this.#scout !== undefined && untilPatienceEndsMs > 0) return untilPatienceEndsMs;
    const msPerToken = 1000 / this.#currentPerSecond();
    const untilTokenMs = Math.max(0, (1 - this.#tokens) * msPerToken);
    if (!this.#isLimited) {
      if (this.#underWay.size >= this.#opened) return Math.max(untilTokenMs, firstAnswerMs);
      return this.#beyond + this.#early.length < this.#window ? 0 : untilTokenMs;
    }
    return Math.max(untilTokenMs, this.#begunAtMs + msPerToken / catchUp - nowMs);
  }

  /** Notes that a request is sent, which has waited as long as {@link waitMs} said. */
  begin(nowMs: number): Departure {
    this.#fill(nowMs);
    const isBeyond = !this.#isLimited && this.#tokens < 1;
    if (isBeyond) this.#beyond += 1;
    else this.#tokens -= 1;
    if (this.#isLimited && this.#tokens < 1) {
      const sinceLastMs = Math.min(nowMs - this.#begunAtMs, 2000 / this.#perSecond);
      this.#fullyUsedMs += sinceLastMs * Math.min(1, this.#currentPerSecond() / slowPerSecond);
    }
    this.#begunAtMs = nowMs;
    const departure = { stretch: this.#stretch, isBeyond, number: (this.#begun += 1) };
    this.#underWay.add(departure);
    if (this.#scout === "wanted") this.#scout = departure;
    return departure;
  }

  /** Notes that a request was answered, with anything but 429. */
  served(departure: Departure): void {
    this.#end(departure);
    departure.stretch.served += 1;
    this.#opened += 1;
    this.#fruitlessPauses = 0;
    if (departure.isBeyond) this.#early.push(departure);
    this.#widen();
  }

  /** Where requests overtake each other on the way, one that was served proves nothing until the older ones are. */
  #widen(): void {
    const oldest = this.#underWay.values().next().value?.number ?? Infinity;
    const waiting = this.#early.filter(({ number }) => number > oldest);
    this.#window += this.#early.length - waiting.length;
    this.#early = waiting;
  }

  /** Notes that a request failed without an answer: that says nothing of the limit. */
  lost(departure: Departure): void {
    this.#end(departure);
  }

  /**
   * Notes that a request was answered 429.
   *
   * @param retryAfterMs how long the server asks to wait, if it does
   */
  refused(departure: Departure, nowMs: number, retryAfterMs: number | undefined): void {
    this.#end(departure);
    const isNews = departure.stretch === this.#stretch;
    const ownPauseMs = isNews ? Math.min(pauseMs.longest, pauseMs.first * 2 ** this.#fruitlessPauses) : 0;
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + Math.max(ownPauseMs, retryAfterMs ?? 0));
    // What was sent before the refusal was known is refused for the same reason.
    if (!isNews) return;
    this.#fruitlessPauses += 1;
    this.#scout = retryAfterMs !== undefined && retryAfterMs >= ownPauseMs ? undefined : "wanted";
    this.#stretch.endedAtMs = nowMs;
    this.#ended = this.#stretch;
    this.#stretch = stretchFrom(nowMs);
  }

  #end(departure: Departure): void {
    this.#underWay.delete(departure);
    if (departure.isBeyond) this.#beyond -= 1;
    if (this.#scout === departure) this.#scout = undefined;
  }

  #learn(): void {
    const ended = this.#ended;
    this.#ended = undefined;
    if (ended === undefined) return;
    this.#perSecond = this.#learntPerSecond(ended);
    if (ended.served > 0) this.#first ??= ended;
    if (this.#first !== undefined) {
      const { served, startedAtMs, endedAtMs } = this.#first;
      this.#burst = Math.max(1, served - (this.#perSecond * (endedAtMs - startedAtMs)) / 1000);
    }
    this.#isLimited = true;
    this.#fullyUsedMs = 0;
    this.#tokens = -reserve * this.#burst;
    this.#filledAtMs = ended.endedAtMs;
  }

  #learntPerSecond({ startedAtMs, endedAtMs, served, full }: Stretch): number {
    const seconds = (endedAtMs - startedAtMs) / 1000;
    if (this.#first === undefined) {
      const guessed = served / (likelyBurstS + seconds);
      // No more than the likely limit was served: it may well be that, and is not tried as boldly as a mere guess.
      if (served > 0 && guessed <= likely.perSecond) this.#doublingMs = doublingMs.measured;
      return Math.max(likely.perSecond, guessed);
    }
    const current = this.#currentPerSecond();
    if (served === 0) return current;
    if (served >= reliable) {
      const slower = Math.min(doublingMs.longest, this.#doublingMs * doublingMs.factor);
      this.#doublingMs = Math.max(doublingMs.measured, slower);
    }
    // While the bucket was full it lost what it did not hold: since then it has given its burst and its rate.
    const sinceFull =
      full === undefined
        ? 0
        : (served - full.served - this.#burst) / (Math.max(1, endedAtMs - full.atMs) / 1000);
    const measured = caution * Math.max(served / seconds, sinceFull);
    if (measured < sameRate * this.#perSecond) this.#doublingMs = doublingMs.guessed;
    const kept = leastKept[served >= reliable ? "measured" : "guessed"] * current;
    return Math.max(lowestPerSecond, Math.min(current, Math.max(measured, kept)));
  }

  #fill(nowMs: number): void {
    const capacity = this.#isLimited ? Math.max(1, (1 - reserve) * this.#burst) : likely.burst;
    this.#tokens += (Math.max(0, nowMs - this.#filledAtMs) / 1000) * this.#currentPerSecond();
    this.#filledAtMs = nowMs;
    if (this.#tokens < capacity) return;
    this.#tokens = capacity;
    if (this.#isLimited) this.#stretch.full = { atMs: nowMs, served: this.#stretch.served };
    else this.#stretch = stretchFrom(nowMs);
  }

  #currentPerSecond(): number {
    return this.#perSecond * (1 + (this.#fullyUsedMs / this.#doublingMs) ** doublingMs.power);
  }
}

function stretchFrom(startedAtMs: number): Stretch {
  return { startedAtMs, endedAtMs: startedAtMs, served: 0 };
}
