// Server-sent events, and detection of a silent server.
const SILENT_MS = 2500;
const RETRY_MS = 700;

export class Feed {
  constructor(onMessage, onLogin) {
    this.onMessage = onMessage;
    this.onLogin = onLogin;
    this.heard = 0;
    this.source = null;
    this.timer = 0;
    document.addEventListener("visibilitychange", () => this.followPage());
    setInterval(() => this.watch(), 500);
    this.open();
  }

  get silent() {
    return performance.now() - this.heard > SILENT_MS;
  }

  open() {
    this.close();
    this.opened = performance.now();
    this.source = new EventSource("/events");
    this.source.onmessage = (event) => {
      this.heard = performance.now();
      this.onMessage(JSON.parse(event.data));
    };
    this.source.onerror = () => this.retry();
  }

  close() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }

  // Always a new connection: a browser gives up for good after some errors.
  retry() {
    this.close();
    this.timer = setTimeout(async () => {
      try {
        const answer = await fetch("/session", { signal: AbortSignal.timeout(2000) });
        if ((await answer.json()).login) return this.onLogin();
      } catch {
        return this.retry();
      }
      return this.open();
    }, RETRY_MS);
  }

  // A connection may die without an error, for example when a phone changes network.
  watch() {
    const since = Math.max(this.heard, this.opened);
    if (this.source && performance.now() - since > 2 * SILENT_MS) this.open();
  }

  // A browser allows six connections per server: hidden pages leave them free for STOP.
  followPage() {
    if (document.hidden && !this.keepWhenHidden) this.close();
    else if (!this.source) this.open();
  }
}
