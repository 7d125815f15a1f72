import { connect, createServer, type Socket } from "node:net";

import { z } from "zod";

import { parseJson } from "./json";
import { type TakesTurns, type Turn, Turns, type TurnsClock } from "./turns";

/**
 * Several processes on a machine that call one API share its rate limit: one of them gives the others their
 * turns. Otherwise each would have to learn the limit, and its own share of it.
 */

const askSchema = z.object({ ask: z.number(), place: z.enum(["first", "last"]) });
const endSchema = z.object({
  end: z.number(),
  how: z.enum(["served", "refused", "lost"]),
  retryAfterMs: z.number().nonnegative().optional(),
});
const goSchema = z.object({ go: z.number() });
type End = z.output<typeof endSchema>;

/** The delay between two attempts to connect, in milliseconds. */
const reconnectMs = 1000;

/** A peer that sends more than this without a line end does not use this protocol. */
const longestLine = 1000;

/** Gets this process's turns from the process that gives them, or takes its own if there is none. */
export class SharedTurns implements TakesTurns {
  #socket: Promise<Socket | undefined> | undefined;
  #triedAtMs = -Infinity;
  #asked = 0;
  readonly #waiting = new Map<number, (turn: Turn | undefined) => void>();
  readonly #early: Array<() => void> = [];
  #inFlight = 0;

  /**
   * @param path the socket of the process that gives the turns
   * @param own this process's own
   * @param mostInFlight the most requests of this process in flight at once
   */
  constructor(
    private readonly path: string,
    private readonly own: TakesTurns,
    private readonly mostInFlight: number,
    private readonly clock: Pick<TurnsClock, "nowMs">,
  ) {}

  async take(place: "first" | "last"): Promise<Turn> {
    const socket = await this.#connected();
    if (socket === undefined) return this.own.take(place);
    while (this.#inFlight >= this.mostInFlight) {
      await new Promise<void>((resolve) => {
        if (place === "first") this.#early.unshift(resolve);
        else this.#early.push(resolve);
      });
    }
    this.#inFlight += 1;
    const turn = await this.#ask(socket, place);
    const release = (): void => {
      this.#inFlight -= 1;
      this.#early.shift()?.();
    };
    const given = turn ?? (await this.own.take(place));
    return {
      served: () => {
        given.served();
        release();
      },
      refused: (retryAfterMs) => {
        given.refused(retryAfterMs);
        release();
      },
      lost: () => {
        given.lost();
        release();
      },
    };
  }

  /** @returns Resolves with undefined if the connection ends before it is this one's turn. */
  #ask(socket: Socket, place: "first" | "last"): Promise<Turn | undefined> {
    if (socket.destroyed) return Promise.resolve(undefined);
    const ask = (this.#asked += 1);
    const end = (how: End["how"], retryAfterMs?: number): void => {
      write(socket, { end: ask, how, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
    };
    return new Promise((resolve) => {
      this.#waiting.set(ask, resolve);
      // A waiting turn keeps the process alive.
      socket.ref();
      write(socket, { ask, place });
    }).then((isGiven) => {
      if (this.#waiting.size === 0 && !socket.destroyed) socket.unref();
      if (isGiven === undefined) return undefined;
      return {
        served: () => {
          end("served");
        },
        refused: (retryAfterMs) => {
          end("refused", retryAfterMs);
        },
        lost: () => {
          end("lost");
        },
      };
    });
  }

  #connected(): Promise<Socket | undefined> {
    if (this.#socket === undefined && this.clock.nowMs() < this.#triedAtMs + reconnectMs)
      return Promise.resolve(undefined);
    return (this.#socket ??= this.#connect());
  }

  #connect(): Promise<Socket | undefined> {
    this.#triedAtMs = this.clock.nowMs();
    return new Promise((resolve) => {
      const socket = connect(this.path);
      socket.once("connect", () => {
        socket.unref();
        resolve(socket);
      });
      // After an error, `close` ends it.
      socket.on("error", () => undefined);
      socket.once("close", () => {
        this.#socket = undefined;
        this.#triedAtMs = this.clock.nowMs();
        resolve(undefined);
        for (const give of this.#waiting.values()) give(undefined);
        this.#waiting.clear();
      });
      readLines(socket, (line) => {
        const { go } = goSchema.parse(line);
        this.#waiting.get(go)?.({} as Turn);
        this.#waiting.delete(go);
      });
    });
  }
}

/** Gives turns to other processes. */
export interface TurnServer {
  /** Stops giving turns; waiting processes continue on their own. */
  close(): void;
}

/**
 * Gives turns to all processes that connect to a socket.
 *
 * @returns Resolves with the server; undefined if another process already listens there.
 */
export function giveTurns(path: string, clock: TurnsClock): Promise<TurnServer | undefined> {
  const turns = new Turns(clock, Infinity);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.unref();
    const given = new Map<number, Turn>();
    socket.on("error", () => undefined);
    socket.once("close", () => {
      sockets.delete(socket);
      for (const turn of given.values()) turn.lost();
    });
    readLines(socket, (line) => {
      const { ask, place } = askSchema.safeParse(line).data ?? {};
      if (ask !== undefined && place !== undefined) {
        void turns.take(place).then((turn) => {
          if (socket.destroyed) {
            turn.lost();
            return;
          }
          given.set(ask, turn);
          write(socket, { go: ask });
        });
        return;
      }
      const { end, how, retryAfterMs } = endSchema.parse(line);
      const turn = given.get(end);
      given.delete(end);
      if (how === "refused") turn?.refused(retryAfterMs);
      else turn?.[how]();
    });
  });
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(undefined);
      else reject(error);
    });
    server.listen(path, () => {
      server.unref();
      resolve({
        close: () => {
          server.close();
          for (const socket of sockets) socket.destroy();
        },
      });
    });
  });
}

function write(socket: Socket, message: object): void {
  if (!socket.destroyed) socket.write(`${JSON.stringify(message)}\n`);
}

/** Reads messages, one per line. A connection that sends anything else is closed. */
function readLines(socket: Socket, onLine: (line: unknown) => void): void {
  let rest = "";
  socket.setEncoding("utf8");
  socket.on("data", (data: string) => {
    const lines = (rest + data).split("\n");
    rest = lines.pop() ?? "";
    try {
      for (const line of lines) onLine(parseJson(line));
      if (rest.length > longestLine) socket.destroy();
    } catch {
      socket.destroy();
    }
  });
}
