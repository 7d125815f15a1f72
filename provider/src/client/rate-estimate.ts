/** The likely limit before the first refusal: the default tier that the vendor publishes for its other API. */
const likely = { perSecond: 10, burst: 15 };
const likelyBurstS = likely.burst / likely.perSecond;
/** The reserve that is left in the server's bucket, so that a small error does not lead to a refusal. */
const reserve = 0.2;
/** The part of a measured rate that is used at first: a measurement is accurate to about one request. */
const caution = 0.98;
/**
 * The least part of a rate that remains after a lower measurement. A measurement of few requests may mostly reflect
 * others that use the same limit: a process that always yielded to them completely would be left with nothing.
 */
const leastKept = { measured: 0.25, guessed: 0.7 };
const lowestPerSecond = 0.1;
/** How many requests may be in flight at first: others may have used up the limit. */
const firstWindow = 3;
/** How long to wait for the first of them before others follow, in milliseconds. */
const firstAnswerMs = 100;
/** How much faster than the rate requests may be sent while the bucket has tokens. */
const catchUp = 2;
/**
 * How long the rate must be fully used until it doubles, in milliseconds: after a guess, and after the first reliable
 * measurement. It grows with the fourth power of that time: slowly at first, so that few requests are refused, and then
 * fast, because others that used the limit may have ended.
 */
const doublingMs = { guessed: 9_000, measured: 20_000, longest: 60_000, factor: 3, power: 4 };
/**
 * Below this rate (per second), growth depends on requests, not on time: each refusal then costs the same share of
 * them.
 */
const slowPerSecond = 5;
/** If a measured rate is less than this part of the previous one, others use the limit, too. */
const sameRate = 0.8;
/** How many requests a period must have served for its measurement to be reliable. */
const reliable = 20;
/** The shortest pause after a refusal, in milliseconds. It doubles with each refusal until a request is served. */
const pauseMs = { first: 500, longest: 15_000 };
/** The longest time that the others wait for the first answer after a pause, in milliseconds. */
const scoutMs = 5_000;

/** The time from one refusal to the next. */
interface Stretch {
  startedAtMs: number;
  endedAtMs: number;
  served: number;
  /** When the bucket was last full, and how many requests had been served by then. */
  full?: { atMs: number; served: number };
}

/** A request in flight, from {@link RateEstimate.begin} to its end. */
export interface Departure {
  readonly stretch: Stretch;
  /** Whether it exceeds the likely limit. */
  readonly isBeyond: boolean;
  /** Counts the requests in the order in which they were sent. */
  readonly number: number;
}

/**
 * Learns a server's rate limit from the requests that it serves and refuses (429). It only counts; the caller does the
 * waiting.
 *
 * Until the first refusal there is no limit. Only requests beyond the likely limit are sent with care: one, then one
 * more for each that was served, which doubles their number with each round trip, as in TCP's slow start.
 *
 * From then on it models the server as a token bucket. At each refusal the bucket is empty, so the number of requests
 * served between two refusals, divided by the time between them, is the rate. The model keeps a reserve. The rate then
 * grows until the reserve is used up and a request is refused, more slowly each time.
 *
 * If others use the limit too, a refusal comes sooner and less was served. The rate is then reduced by a part and grows
 * faster again, as TCP shares a line: so processes that do not know of each other get a share each.
 *
 * All times are in milliseconds, by a monotonic clock.
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

  /** How many requests may be in flight until the limit is known. */
  #opened = firstWindow;
  /** How many requests beyond the likely limit may be in flight. */
  #window = 1;
  #beyond = 0;
  /** The requests in flight, and those served beyond the limit while older ones are in flight, oldest first. */
  readonly #underWay = new Set<Departure>();
  #early: Departure[] = [];

  #pausedUntilMs = -Infinity;
  #fruitlessPauses = 0;
  /** After a pause that the server did not ask for one request goes first, and the others wait for its answer. */
  #scout: Departure | "wanted" | undefined;

  #doublingMs = doublingMs.guessed;
  #fullyUsedMs = 0;
  #stretch: Stretch = stretchFrom(-Infinity);
  /** The period that a refusal has ended, until it is evaluated: answers from it may still arrive. */
  #ended: Stretch | undefined;
  /** The period that started with a full bucket and ended with an empty one. It shows the bucket's size. */
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

  /** Records that a request is sent, after it waited as long as {@link waitMs} returned. */
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

  /** Records that a request was answered, with any status except 429. */
  served(departure: Departure): void {
    this.#end(departure);
    departure.stretch.served += 1;
    this.#opened += 1;
    this.#fruitlessPauses = 0;
    if (departure.isBeyond) this.#early.push(departure);
    this.#widen();
  }

  /** Requests may overtake each other: a served one proves nothing until the older ones are served. */
  #widen(): void {
    const oldest = this.#underWay.values().next().value?.number ?? Infinity;
    const waiting = this.#early.filter(({ number }) => number > oldest);
    this.#window += this.#early.length - waiting.length;
    this.#early = waiting;
  }

  /** Records that a request failed without an answer, which shows nothing about the limit. */
  lost(departure: Departure): void {
    this.#end(departure);
  }

  /**
   * Records that a request was answered 429.
   *
   * @param retryAfterMs how long the server asks to wait, if it does
   */
  refused(departure: Departure, nowMs: number, retryAfterMs: number | undefined): void {
    this.#end(departure);
    const isNews = departure.stretch === this.#stretch;
    const ownPauseMs = isNews ? Math.min(pauseMs.longest, pauseMs.first * 2 ** this.#fruitlessPauses) : 0;
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + Math.max(ownPauseMs, retryAfterMs ?? 0));
    // Requests sent before the refusal arrived are refused for the same reason.
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
      // No more than the likely limit was served. It may be the real one, so it is exceeded more carefully than a
      // guess.
      if (served > 0 && guessed <= likely.perSecond) this.#doublingMs = doublingMs.measured;
      return Math.max(likely.perSecond, guessed);
    }
    const current = this.#currentPerSecond();
    if (served === 0) return current;
    if (served >= reliable) {
      const slower = Math.min(doublingMs.longest, this.#doublingMs * doublingMs.factor);
      this.#doublingMs = Math.max(doublingMs.measured, slower);
    }
    // A full bucket gains no tokens. Since it was last full, it has served its burst and its rate.
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
