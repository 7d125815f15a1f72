/** Follows redirects and keeps cookies, as a browser does, without scripts. */
export class PlainBrowser {
  readonly #cookies = new Map<string, string>();

  /** Goes to an address, and on to where it leads. */
  async go(address: string, form?: Record<string, string>, headers: Record<string, string> = {}): Promise<Visited> {
    let url = new URL(address);
    let body = form && new URLSearchParams(form);
    for (let steps = 0; steps < 12; steps += 1) {
      const answer = await fetch(url, {
        method: body === undefined ? "GET" : "POST",
        redirect: "manual",
        headers: { ...(body === undefined ? {} : { origin: url.origin }), ...headers, cookie: this.#cookiesFor(url) },
        ...(body === undefined ? {} : { body }),
      });
      for (const line of answer.headers.getSetCookie()) this.#keep(url, line);
      const location = answer.headers.get("location");
      if (location === null) return { url, status: answer.status, text: await answer.text(), headers: answer.headers };
      await answer.body?.cancel();
      url = new URL(location, url);
      body = undefined;
    }
    throw new Error(`It goes on and on, at last to ${url.href}.`);
  }

  /** The cookies of a site, by name. */
  cookies(site: string): Map<string, string> {
    const { port } = new URL(site);
    const own = [...this.#cookies].filter(([key]) => key.startsWith(`${port} `));
    return new Map(own.map(([key, value]) => [key.slice(port.length + 1), value]));
  }

  set(site: string, name: string, value: string): void {
    this.#cookies.set(`${new URL(site).port} ${name}`, value);
  }

  #cookiesFor(url: URL): string {
    return [...this.cookies(url.href)].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  #keep(url: URL, line: string): void {
    const [pair = ""] = line.split(";");
    const [name = "", value = ""] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
    const key = `${url.port} ${name}`;
    if (value === "" || /Max-Age=0|1970/i.test(line)) this.#cookies.delete(key);
    else this.#cookies.set(key, value);
  }
}

/** Where a browser came to. */
export interface Visited {
  readonly url: URL;
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}
