/** The time that `Date.now` tells, in milliseconds since 1970. */
export interface Clock {
  nowMs: number;
}

/** Stops the clock for each test of a suite; a test moves it by setting `nowMs`. Timers are left alone. */
export function useStoppedClock(startMs = Date.UTC(2030, 0, 1)): Clock {
  const clock: Clock = { nowMs: startMs };
  const realNow = Date.now.bind(Date);
  beforeEach(() => {
    clock.nowMs = startMs;
    Date.now = () => clock.nowMs;
  });
  afterEach(() => {
    Date.now = realNow;
  });
  return clock;
}
