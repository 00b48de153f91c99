// A client that sends bytes as they are, and reads answers one by one.
import net from "node:net";

const HEAD_END = "\r\n\r\n";

export class Raw {
    static open(port) {
        return new Promise((resolve, reject) => {
            const socket = net.connect({ port, host: "127.0.0.1", noDelay: true });
            socket.once("error", reject);
            socket.once("connect", () => {
                socket.off("error", reject);
                resolve(new Raw(socket));
            });
        });
    }

    constructor(socket) {
        this.socket = socket;
        this.data = Buffer.alloc(0);
        this.closed = false;
        this.waiters = new Set();
        const look = () => this.waiters.forEach((waiter) => waiter());
        socket.on("data", (piece) => {
            this.data = Buffer.concat([this.data, piece]);
            look();
        });
        socket.on("error", (problem) => (this.problem = problem));
        for (const end of ["end", "close"])
            socket.on(end, () => {
                this.closed = true;
                look();
            });
    }

    /** Text goes as latin1, so "\xff" is that byte. */
    send(bytes) {
        if (!this.socket.destroyed)
            this.socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
        return this;
    }

    /** What `take` gives, as soon as it gives something. */
    #wait(what, take, timeoutMs) {
        return new Promise((resolve, reject) => {
            const done = (finish, value) => {
                clearTimeout(timer);
                this.waiters.delete(look);
                finish(value);
            };
            const look = () => {
                const taken = take();
                if (taken !== undefined)
                    done(resolve, taken);
                else if (this.closed)
                    done(reject, new Error(`the connection was closed (${this.problem?.code ?? "orderly"}) before ${what}; had ${this.#had()}`));
            };
            const timer = setTimeout(() => done(reject, new Error(`no ${what} in ${timeoutMs} ms; had ${this.#had()}`)), timeoutMs);
            this.waiters.add(look);
            look();
        });
    }

    #had() {
        return JSON.stringify(this.data.toString("latin1").slice(0, 300));
    }

    #takeAnswer(noBody) {
        const head = this.data.indexOf(HEAD_END);
        if (head < 0)
            return undefined;
        const [first, ...lines] = this.data.toString("latin1", 0, head).split("\r\n");
        const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]));
        const status = Number(first.split(" ")[1]);
        const start = head + HEAD_END.length;
        const length = noBody || status < 200 || status === 204 ? 0 : Number(headers["content-length"] ?? NaN);
        const end = Number.isNaN(length) ? (this.closed ? this.data.length : Infinity) : start + length;
        if (end > this.data.length)
            return undefined;
        const text = this.data.toString("utf8", start, end);
        this.data = this.data.subarray(end);
        return { status, headers, text };
    }

    /** The next answer: { status, headers, text }. `noBody`: it answers a HEAD. */
    answer({ noBody = false, timeoutMs = 20_000 } = {}) {
        return this.#wait("an answer", () => this.#takeAnswer(noBody), timeoutMs);
    }

    /** Until the server closes; fails if it says anything before. Returns how: "orderly" or an error's code. */
    async silence({ timeoutMs = 20_000 } = {}) {
        await this.#wait("the end", () => (this.closed ? true : undefined), timeoutMs);
        if (this.data.length > 0)
            throw new Error(`the server said something before it closed: ${this.#had()}`);
        return this.problem?.code ?? "orderly";
    }

    /** Everything until the server closes. */
    async rest({ timeoutMs = 20_000 } = {}) {
        await this.#wait("the end", () => (this.closed ? true : undefined), timeoutMs);
        return this.data;
    }

    close() {
        this.socket.destroy();
    }
}

/** Run with a connection of its own. */
export async function onConnection(port, run) {
    const raw = await Raw.open(port);
    try {
        return await run(raw);
    } finally {
        raw.close();
    }
}
